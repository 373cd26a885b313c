/** The main thread's hold on the thread of alerts: calls that are answered, and measurements that it asks for. */
import { Worker } from 'node:worker_threads';
import type { SignalsQuery } from '@weft/signals';
import type { Log } from '../push/contract.ts';
import type { AlertCalls, AlertMethod, AlertsConfig, FromAlerts, ToAlerts } from './messages.ts';

export interface AlertsInput extends AlertsConfig {
  readonly query: SignalsQuery;
  readonly log: Log;
  /** The thread died of something that it could not handle; calls are refused from now on. */
  readonly onDeath: (error: Error) => void;
}

/** Sources beside sources; in a release the bundle of the worker stands beside weftd's. */
const workerFile = (): URL => new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './weftd-alerts.js', import.meta.url);

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export class AlertsThread {
  readonly #worker: Worker;
  readonly #input: AlertsInput;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #ended: Error | undefined;

  constructor(input: AlertsInput, onReady: () => void) {
    this.#input = input;
    const workerData: AlertsConfig = { memory: input.memory };
    this.#worker = new Worker(workerFile(), { workerData, name: 'alerts' });
    this.#worker.on('message', (message: FromAlerts) => (message.kind === 'ready' ? onReady() : this.#take(message)));
    this.#worker.on('error', (error) => this.#die(error instanceof Error ? error : new Error(String(error))));
    this.#worker.on('exit', (code) => this.#die(new Error(`the thread of alerts ended with code ${code}`)));
  }

  call = <M extends AlertMethod>(method: M, ...[argument]: Parameters<AlertCalls[M]>): Promise<ReturnType<AlertCalls[M]>> => {
    if (this.#ended) return Promise.reject(this.#ended);
    const id = this.#nextId;
    this.#nextId += 1;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve: resolve as Pending['resolve'], reject });
      this.#post({ kind: 'call', id, method, argument });
    });
  };

  stop = async (): Promise<void> => {
    if (this.#ended) return;
    this.#ended = new Error('weftd is stopping');
    const exited = new Promise((resolve) => this.#worker.once('exit', resolve));
    this.#post({ kind: 'stop' });
    await exited;
  };

  #post(message: ToAlerts): void {
    this.#worker.postMessage(message);
  }

  #take(message: Exclude<FromAlerts, { kind: 'ready' }>): void {
    switch (message.kind) {
      case 'answer':
        this.#settle(message.id)?.resolve(message.value);
        return;
      case 'failure':
        this.#settle(message.id)?.reject(new Error(message.reason));
        return;
      case 'measure':
        void this.#measure(message);
        return;
      case 'warning':
        this.#input.log.warn(message.fields, message.message);
        return;
    }
  }

  async #measure({ id, what, question }: Extract<FromAlerts, { kind: 'measure' }>): Promise<void> {
    try {
      const answered = await this.#input.query[what](question);
      this.#post({ kind: 'measured', id, answered });
    } catch (error) {
      this.#post({ kind: 'unmeasured', id, reason: reasonOf(error) });
    }
  }

  #settle(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }

  #die(error: Error): void {
    const expected = this.#ended !== undefined;
    this.#ended ??= error;
    for (const { reject } of this.#pending.values()) reject(this.#ended);
    this.#pending.clear();
    if (!expected) this.#input.onDeath(error);
  }
}
