/**
 * Drives a load generator: ours (`client.ts`) or an external one with the same flags and the same lines. `MARK text` on
 * its stdin, one JSON object a line on its stdout: `synced`, `armed`, `mark`.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Change } from './mesh.ts';

export interface Synced {
  readonly event: 'synced';
  readonly ms: number;
  readonly MB: number;
  readonly resources: number;
  readonly errors: number;
}

export interface Marked {
  readonly event: 'mark';
  readonly ok: boolean;
  readonly got: number;
  readonly MB: number;
  readonly resources: number;
  readonly last_ms: number;
}

/** Only our own client reconnects with what it has. */
export interface Reconnected {
  readonly event: 'reconnected';
  readonly ms: number;
  readonly MB: number;
  readonly resources: number;
}

type Line = Synced | Marked | Reconnected | { readonly event: 'armed' };

export interface LoaderOptions {
  readonly command: readonly string[];
  readonly address: string;
  readonly proxies: number;
  readonly namespaces: readonly string[];
  /** Folder with one folder of certificates for each namespace. */
  readonly certificates: string;
  /** Nothing came for this long: in step. */
  readonly quiet: string;
}

export class Loader {
  readonly #child: ChildProcess;
  readonly #lines: Line[] = [];
  #wake: () => void = () => {};
  #ended = false;

  constructor({ command, address, proxies, namespaces, certificates, quiet }: LoaderOptions) {
    const [program = '', ...before] = command;
    const tls = ['-tls-ca', `${certificates}/${namespaces[0]}/root-cert.pem`, '-tls-name', 'localhost'];
    const own = ['-tls-cert', `${certificates}/{ns}/cert-chain.pem`, '-tls-key', `${certificates}/{ns}/key.pem`];
    const load = ['-addr', address, '-n', String(proxies), '-namespaces', namespaces.join(','), '-quiet', quiet];
    this.#child = spawn(program, [...before, ...load, ...tls, ...own], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.on('error', () => this.#end());
    this.#child.on('exit', () => this.#end());
    if (this.#child.stdout) {
      createInterface(this.#child.stdout).on('line', (line) => {
        this.#lines.push(JSON.parse(line) as Line);
        this.#wake();
      });
    }
  }

  async synced(): Promise<Synced> {
    const line = (await this.#next('synced')) as Synced;
    if (line.ms < 0 || line.errors > 0) throw new Error(`the load generator did not get in step: ${JSON.stringify(line)}`);
    return line;
  }

  /** Makes the change once the load generator looks out for it. */
  async change(change: Change): Promise<Marked> {
    this.#child.stdin?.write(`MARK ${change.mark}\n`);
    await this.#next('armed');
    change.apply();
    const line = (await this.#next('mark')) as Marked;
    if (!line.ok) throw new Error(`not every proxy got ${change.mark}: ${JSON.stringify(line)}`);
    return line;
  }

  async reconnected(): Promise<Reconnected> {
    this.#child.stdin?.write('RECONNECT\n');
    return (await this.#next('reconnected')) as Reconnected;
  }

  async stop(): Promise<void> {
    if (this.#ended) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.stdin?.end('QUIT\n');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 5_000);
    await ended;
    clearTimeout(timer);
  }

  #end(): void {
    this.#ended = true;
    this.#wake();
  }

  async #next(event: Line['event']): Promise<Line> {
    for (;;) {
      const line = this.#lines.shift();
      if (line?.event === event) return line;
      if (line) continue;
      if (this.#ended) throw new Error('the load generator ended');
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
