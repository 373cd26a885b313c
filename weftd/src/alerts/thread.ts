/**
 * The main thread's hold on the thread of alerts: calls that are answered, and measurements that it asks for. One that died is followed by
 * another, and nobody else is worse off for it.
 */
import { Worker } from 'node:worker_threads';
import type { AlertStatus } from '@weft/model';
import type { SignalsQuery } from '@weft/signals';
import { OpenCalls } from '../open-calls.ts';
import type { Log } from '../push/contract.ts';
import { reasonOf } from '../reason.ts';
import { workerFile } from '../worker-file.ts';
import type { AlertCalls, AlertMethod, AlertsConfig, FromAlerts, ToAlerts } from './messages.ts';

export interface AlertsInput extends AlertsConfig {
  readonly query: SignalsQuery;
  readonly log: Log;
  /** Called with alerts that came into another state; with none where silences changed. */
  readonly onChange: (alerts: readonly AlertStatus[]) => void;
}

const restartMs = 1000;

export class AlertsThread {
  readonly #input: AlertsInput;
  readonly #open = new OpenCalls();
  #worker: Worker | undefined;
  #restart: NodeJS.Timeout | undefined;
  #starts = 0;
  #refusal: Error | undefined;
  #stopped = false;

  constructor(input: AlertsInput) {
    this.#input = input;
    this.#start();
  }

  /** How often it began: what was told to the one before the next has to be told, too. */
  starts = (): number => this.#starts;

  call = <M extends AlertMethod>(method: M, ...[argument]: Parameters<AlertCalls[M]>): Promise<Awaited<ReturnType<AlertCalls[M]>>> => {
    if (this.#refusal) return Promise.reject(this.#refusal);
    const answered = this.#open.begin((id) => this.#post({ kind: 'call', id, method, argument }));
    return answered as Promise<Awaited<ReturnType<AlertCalls[M]>>>;
  };

  stop = async (): Promise<void> => {
    if (this.#stopped) return;
    this.#stopped = true;
    clearTimeout(this.#restart);
    this.#refusal = new Error('weftd is stopping');
    const { promise: exited, resolve } = Promise.withResolvers<void>();
    if (this.#worker) this.#worker.once('exit', () => resolve());
    else resolve();
    this.#post({ kind: 'stop' });
    await exited;
  };

  #start(): void {
    const workerData: AlertsConfig = { memory: this.#input.memory };
    const worker = new Worker(workerFile(import.meta.url, 'weftd-alerts'), { workerData, name: 'alerts' });
    this.#worker = worker;
    this.#refusal = undefined;
    this.#starts += 1;
    let reason: unknown;
    worker.on('message', (message: FromAlerts) => this.#take(message));
    worker.on('error', (error) => {
      reason = error;
    });
    worker.on('exit', (code) => this.#died(reason === undefined ? `code ${code}` : reasonOf(reason)));
  }

  #died(reason: string): void {
    this.#worker = undefined;
    const error = new Error(`the thread of alerts ended: ${reason}`);
    this.#open.failAll(error);
    if (this.#stopped) return;
    this.#refusal = error;
    this.#input.log.error({ err: error.message }, 'alerts are judged again in a second');
    this.#restart = setTimeout(() => this.#start(), restartMs);
  }

  #post(message: ToAlerts): void {
    this.#worker?.postMessage(message);
  }

  #take(message: FromAlerts): void {
    switch (message.kind) {
      case 'answer':
        this.#open.answer(message.id, message.value);
        return;
      case 'failure':
        this.#open.fail(message.id, new Error(message.reason));
        return;
      case 'measure':
        void this.#measure(message);
        return;
      case 'changed':
        this.#input.onChange(message.alerts);
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
}
