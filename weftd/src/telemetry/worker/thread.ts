/**
 * The main thread's hold on the telemetry thread: `telemetry.records.add(batch)` is answered when the batch is on disk. What waits for
 * the thread is bounded; who adds more is refused and has to come again, so that telemetry never fills the memory of the control plane.
 */
import { mkdirSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { OpenCalls } from '../../open-calls.ts';
import { workerFile } from '../../worker-file.ts';
import type { FromTelemetry, TelemetryConfig, ToTelemetry } from './messages.ts';
import type { RemoteStore, RemoteStores, StoreName } from './stores.ts';

export type Telemetry = RemoteStores & { stop(): Promise<void> };

export interface TelemetryInput extends Pick<TelemetryConfig, 'directory'> {
  /** At each start of the thread. */
  readonly options: () => TelemetryConfig['options'];
  /** Something was lost that is of interest to whoever runs the mesh; the thread goes on, or is started again. */
  readonly onTrouble: (message: string) => void;
}

/** The thread is behind: the caller may come again later. */
export class TelemetryBusy extends Error {}

/** For each store, so that a flood of one kind leaves room for the others. */
const waitingLimit = 256;

/** Pages of proxies are garbage as soon as they are read; by V8's own limit the thread would hold on to more than it needs. */
const maxYoungGenerationSizeMb = 12;

/** A thread that died of something it could not handle is followed by another after this time. */
const restartMs = 1_000;

class TelemetryThread {
  readonly #input: TelemetryInput;
  readonly #open = new OpenCalls();
  readonly #waiting = new Map<StoreName, number>();
  #worker: Worker | undefined;
  #restart: NodeJS.Timeout | undefined;
  /** Why calls are refused. */
  #refusal: Error | undefined;
  /** Told once, not every second: what keeps a store from being opened lasts. */
  #told = '';
  #stopped = false;

  constructor(input: TelemetryInput) {
    this.#input = input;
    mkdirSync(input.directory, { recursive: true, mode: 0o700 });
  }

  /** Resolves when every store is open, or when it is known that one cannot be: then it is tried again, and calls are refused meanwhile. */
  begin = (): Promise<void> => this.#start().catch((error: Error) => this.#died(error));

  #start(): Promise<void> {
    const { directory, options, onTrouble } = this.#input;
    const workerData: TelemetryConfig = { directory, options: options() };
    const worker = new Worker(workerFile(import.meta.url, 'weftd-telemetry'), {
      workerData,
      name: 'telemetry',
      resourceLimits: { maxYoungGenerationSizeMb },
    });
    this.#worker = worker;
    return new Promise((resolve, reject) => {
      let ready = false;
      let reason: unknown;
      worker.on('message', (message: FromTelemetry) => {
        if (message.kind === 'trouble') onTrouble(message.message);
        else if (message.kind !== 'ready') this.#take(message);
        else {
          ready = true;
          this.#refusal = undefined;
          this.#told = '';
          resolve();
        }
      });
      worker.on('error', (error) => {
        reason = error;
      });
      worker.on('exit', (code) => {
        const error = new Error(`the telemetry thread ended: ${reason instanceof Error ? reason.message : `code ${code}`}`, {
          cause: reason,
        });
        if (ready) this.#died(error);
        else reject(error);
      });
    });
  }

  call = (store: StoreName, method: string, given: readonly unknown[]): Promise<unknown> => {
    if (this.#refusal) return Promise.reject(this.#refusal);
    const waiting = this.#waiting.get(store) ?? 0;
    if (waiting >= waitingLimit) return Promise.reject(new TelemetryBusy(`the store of ${store} is behind by ${waiting} calls`));
    this.#waiting.set(store, waiting + 1);
    return this.#open
      .begin((id) => this.#post({ kind: 'call', id, store, method, given }))
      .finally(() => this.#waiting.set(store, (this.#waiting.get(store) ?? 1) - 1));
  };

  /** What was called before is done and answered first. */
  stop = async (): Promise<void> => {
    if (this.#stopped) return;
    this.#stopped = true;
    clearTimeout(this.#restart);
    this.#refusal = new Error('weftd is stopping');
    const { promise: exited, resolve } = Promise.withResolvers<void>();
    if (this.#worker) this.#worker.once('exit', resolve);
    else resolve();
    this.#post({ kind: 'stop' });
    await exited;
  };

  #post(message: ToTelemetry): void {
    this.#worker?.postMessage(message);
  }

  #take(message: Extract<FromTelemetry, { id: number }>): void {
    if (message.kind === 'answer') this.#open.answer(message.id, message.value);
    else this.#open.fail(message.id, message.error instanceof Error ? message.error : new Error(String(message.error)));
  }

  #died(error: Error): void {
    this.#worker = undefined;
    this.#open.failAll(error);
    if (this.#stopped) return;
    this.#refusal = error;
    if (error.message !== this.#told) this.#input.onTrouble(`${error.message}; it is started again`);
    this.#told = error.message;
    this.#restart = setTimeout(() => void this.begin(), restartMs);
  }
}

/** The types say which methods there are; here each is a message under its own name. */
const remote = <Name extends StoreName>({ call }: TelemetryThread, name: Name): RemoteStore<Name> =>
  new Proxy({} as RemoteStore<Name>, {
    get: (_, method) => (typeof method === 'string' ? (...given: readonly unknown[]) => call(name, method, given) : undefined),
  });

const remoteStores = (thread: TelemetryThread): Telemetry => ({
  records: remote(thread, 'records'),
  metrics: remote(thread, 'metrics'),
  traces: remote(thread, 'traces'),
  outbox: remote(thread, 'outbox'),
  events: remote(thread, 'events'),
  stop: thread.stop,
});

/** A store that cannot be opened keeps nobody from anything but what it would tell. */
export const startTelemetry = async (input: TelemetryInput): Promise<Telemetry> => {
  const thread = new TelemetryThread(input);
  await thread.begin();
  return remoteStores(thread);
};
