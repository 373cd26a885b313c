/**
 * The main thread's hold on the telemetry thread: `telemetry.records.add(batch)` is answered when the batch is on disk. What waits for
 * the thread is bounded; who adds more is refused and has to come again, so that telemetry never fills the memory of the control plane.
 */
import { mkdirSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { FromTelemetry, TelemetryConfig, ToTelemetry } from './messages.ts';
import type { RemoteStore, RemoteStores, StoreName } from './stores.ts';

export type Telemetry = RemoteStores & { stop(): Promise<void> };

export interface TelemetryInput extends TelemetryConfig {
  /** The thread died of something that it could not handle; calls are refused from now on. */
  readonly onDeath: (error: Error) => void;
}

/** The thread is behind: the caller may come again later. */
export class TelemetryBusy extends Error {}

/** For each store, so that a flood of one kind leaves room for the others. */
const waitingLimit = 256;

/** Sources beside sources; in a release the bundle of the worker stands beside weftd's. */
const workerFile = (): URL => new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './weftd-telemetry.js', import.meta.url);

interface Pending {
  readonly store: StoreName;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

class TelemetryThread {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  readonly #waiting = new Map<StoreName, number>();
  #nextId = 1;
  #ended: Error | undefined;

  constructor({ onDeath, ...config }: TelemetryInput, onReady: () => void) {
    mkdirSync(config.directory, { recursive: true, mode: 0o700 });
    this.#worker = new Worker(workerFile(), { workerData: config satisfies TelemetryConfig, name: 'telemetry' });
    this.#worker.on('message', (message: FromTelemetry) => (message.kind === 'ready' ? onReady() : this.#take(message)));
    this.#worker.on('error', (error) => this.#die(error instanceof Error ? error : new Error(String(error)), onDeath));
    this.#worker.on('exit', (code) => this.#die(new Error(`the telemetry thread ended with code ${code}`), onDeath));
  }

  call = (store: StoreName, method: string, given: readonly unknown[]): Promise<unknown> => {
    if (this.#ended) return Promise.reject(this.#ended);
    const waiting = this.#waiting.get(store) ?? 0;
    if (waiting >= waitingLimit) return Promise.reject(new TelemetryBusy(`the store of ${store} is behind by ${waiting} calls`));
    this.#waiting.set(store, waiting + 1);
    const id = this.#nextId;
    this.#nextId += 1;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { store, resolve, reject });
      this.#post({ kind: 'call', id, store, method, given });
    });
  };

  /** What was called before is done and answered first. */
  stop = async (): Promise<void> => {
    if (this.#ended) return;
    this.#ended = new Error('weftd is stopping');
    const exited = new Promise((resolve) => this.#worker.once('exit', resolve));
    this.#post({ kind: 'stop' });
    await exited;
  };

  #post(message: ToTelemetry): void {
    this.#worker.postMessage(message);
  }

  #take(message: Exclude<FromTelemetry, { kind: 'ready' }>): void {
    const pending = this.#pending.get(message.id);
    if (!pending) return;
    this.#pending.delete(message.id);
    this.#waiting.set(pending.store, (this.#waiting.get(pending.store) ?? 1) - 1);
    if (message.kind === 'answer') pending.resolve(message.value);
    else pending.reject(message.error instanceof Error ? message.error : new Error(String(message.error)));
  }

  #die(error: Error, onDeath: (error: Error) => void): void {
    const expected = this.#ended !== undefined;
    this.#ended ??= error;
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
    if (!expected) onDeath(error);
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
  stop: thread.stop,
});

/** Resolves when every store is open. Rejects when one cannot be opened. */
export const startTelemetry = (input: TelemetryInput): Promise<Telemetry> =>
  new Promise((resolve, reject) => {
    let ready = false;
    const onDeath = (error: Error): void => (ready ? input.onDeath(error) : reject(error));
    const thread = new TelemetryThread({ ...input, onDeath }, () => {
      ready = true;
      resolve(remoteStores(thread));
    });
  });
