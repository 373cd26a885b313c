/** Entry of the thread of alerts: it judges, remembers and tells, and makes nobody who serves proxies wait. */
import { randomUUID } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import type { Answered, Measured, Question, SignalsQuery } from '@weft/signals';
import { resolveBySystem } from '../outbound/guard.ts';
import { reasonOf } from '../reason.ts';
import { isDamaged, putAside } from '../telemetry/worker/damage.ts';
import { Engine } from './engine.ts';
import { type Memory, openMemory } from './memory.ts';
import type { AlertCalls, AlertsConfig, FromAlerts, ToAlerts } from './messages.ts';
import { notify } from './notify/notify.ts';

/** From the end of one round of judging to the next. */
const pauseMs = 1000;

const post = (message: FromAlerts): void => parentPort?.postMessage(message);

interface Waiting {
  readonly resolve: (answered: Answered<Measured>) => void;
  readonly reject: (error: Error) => void;
}

const waiting = new Map<number, Waiting>();
let nextId = 1;

const ask =
  (what: keyof SignalsQuery) =>
  (question: Question): Promise<never> =>
    new Promise<Answered<Measured>>((resolve, reject) => {
      waiting.set(nextId, { resolve, reject });
      post({ kind: 'measure', id: nextId, what, question });
      nextId += 1;
    }) as Promise<never>;

const warn = (fields: object, message: string): void => post({ kind: 'warning', fields, message });

const { memory: path } = workerData as AlertsConfig;

const putAsideDamaged = (error: unknown): void =>
  warn({ err: reasonOf(error), path: putAside(path) }, 'who was told of which alerts is damaged, and put aside: what fires is told anew');

const openWhole = (): Memory => {
  try {
    return openMemory(path);
  } catch (error) {
    if (!isDamaged(error)) throw error;
    putAsideDamaged(error);
    return openMemory(path);
  }
};

const memory = openWhole();
const engine = new Engine({
  query: { counters: ask('counters'), histograms: ask('histograms'), gauges: ask('gauges') },
  memory,
  notify,
  resolve: resolveBySystem,
  now: Date.now,
  uid: randomUUID,
  warn,
  changed: (alerts) => post({ kind: 'changed', alerts }),
});

const calls: AlertCalls = {
  configure: ({ configuration, externalUrl }) => engine.configure(configuration, externalUrl),
  see: (sight) => engine.see(sight),
  objectives: () => engine.objectives(),
  progress: (question) => engine.progress(question),
  alerts: () => engine.alerts(),
  test: (receiver) => engine.test(receiver),
  silences: () => engine.silences(),
  silence: (request) => engine.silence(request),
  unsilence: (id) => engine.unsilence(id),
};

/** The argument's type belongs to the method: the caller's side is typed by the same table. */
const answer = async ({ id, method, argument }: Extract<ToAlerts, { kind: 'call' }>): Promise<void> => {
  try {
    post({ kind: 'answer', id, value: await calls[method](argument as never) });
  } catch (error) {
    post({ kind: 'failure', id, reason: reasonOf(error) });
  }
};

let timer: NodeJS.Timeout | undefined;
let fault = '';

const round = async (): Promise<void> => {
  try {
    await engine.tick();
    fault = '';
  } catch (error) {
    if (isDamaged(error)) {
      memory.close();
      putAsideDamaged(error);
      // The thread that follows begins with a new file.
      throw error;
    }
    // A full disk, as a rule: nothing is told that could not be written down, and it is tried again.
    if (reasonOf(error) !== fault) warn({ err: reasonOf(error) }, 'alerts cannot be judged');
    fault = reasonOf(error);
  }
  timer = setTimeout(round, pauseMs);
};

parentPort?.on('message', (message: ToAlerts) => {
  switch (message.kind) {
    case 'call':
      void answer(message);
      return;
    case 'measured':
      waiting.get(message.id)?.resolve(message.answered);
      waiting.delete(message.id);
      return;
    case 'unmeasured':
      waiting.get(message.id)?.reject(new Error(message.reason));
      waiting.delete(message.id);
      return;
    case 'stop':
      clearTimeout(timer);
      memory.close();
      process.exit(0);
  }
});

void round();
