/** Runs one edge Envoy and hands it its files. It is started again when it ends, with the same files. */
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { Backoff } from '../process/backoff.ts';
import { type Child, start } from '../process/child.ts';
import { type EdgeFiles, type EdgeResources, edgeBootstrap } from './config.ts';

export interface EdgeInput {
  readonly files: EdgeFiles;
  /** Goes before Envoy: namespace, privileges. */
  readonly wrapper: readonly string[];
  readonly envoy: string;
  readonly resources: EdgeResources;
  readonly output: (chunk: Buffer) => void;
  readonly now: () => number;
}

const writeResources = async (directory: string, file: string, resources: readonly object[]): Promise<void> => {
  const target = `${directory}/${file}`;
  await writeFile(`${target}.next`, JSON.stringify({ resources }), { mode: 0o600 });
  await rename(`${target}.next`, target);
};

export class EdgeEnvoy {
  private readonly input: EdgeInput;
  private readonly backoff = new Backoff({ first: 100, max: 5_000, calm: 10_000 });
  private child: Child | undefined;
  private stopping = false;
  private written = '';
  private updates: Promise<void> = Promise.resolve();

  constructor(input: EdgeInput) {
    this.input = input;
  }

  async start(): Promise<void> {
    const { files, resources } = this.input;
    await mkdir(files.directory, { recursive: true, mode: 0o700 });
    await writeFile(`${files.directory}/bootstrap.json`, JSON.stringify(edgeBootstrap(files)), { mode: 0o600 });
    this.written = JSON.stringify(resources);
    await this.write(resources);
    void this.keepRunning();
  }

  /** One after the other; what could not be written (a full disk) is tried again with the next call. */
  update(resources: EdgeResources): Promise<void> {
    const text = JSON.stringify(resources);
    if (text === this.written) return this.updates;
    this.written = text;
    this.updates = this.updates
      .then(() => this.write(resources))
      .catch((error: Error) => {
        this.written = '';
        this.input.output(Buffer.from(`the edge keeps its old configuration: ${error.message}\n`));
      });
    return this.updates;
  }

  async stop(): Promise<void> {
    this.stopping = true;
    const { child } = this;
    if (!child) return;
    child.process.kill('SIGTERM');
    const timer = setTimeout(() => child.process.kill('SIGKILL'), 2_000);
    await child.exited;
    clearTimeout(timer);
    await rm(this.input.files.directory, { recursive: true, force: true });
  }

  /** Clusters first: a listener that names an unknown cluster would close connections (make before break). */
  private async write({ clusters, listeners }: EdgeResources): Promise<void> {
    await writeResources(this.input.files.directory, 'cds.json', clusters);
    await writeResources(this.input.files.directory, 'lds.json', listeners);
  }

  private async keepRunning(): Promise<void> {
    const { files, wrapper, envoy, output, now } = this.input;
    const options = [
      ...['--config-path', `${files.directory}/bootstrap.json`, '--disable-hot-restart'],
      ...['--concurrency', '1', '--log-level', 'error'],
    ];
    while (!this.stopping) {
      const startedAt = now();
      this.child = start([...wrapper, envoy, ...options], { output });
      await this.child.exited;
      if (this.stopping) return;
      output(Buffer.from('the edge Envoy ended and is started again\n'));
      await new Promise((resolve) => setTimeout(resolve, this.backoff.after(now() - startedAt)));
    }
  }
}
