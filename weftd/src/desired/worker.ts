/** Entry of the worker thread: messages in, messages out. */
import { createHash, randomInt, randomUUID } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { build, emit, scope } from '@weft/compile';
import { certificateReader } from '@weft/model/node';
import { fetchKeysFrom } from '../jwks/key-set.ts';
import { resolveBySystem } from '../outbound/guard.ts';
import { reasonOf } from '../reason.ts';
import { Desired } from './desired.ts';
import type { Calls, DesiredConfig, FromWorker, Method, ToWorker } from './messages.ts';

/** Letters and digits that spell no words and are not taken for one another, as Kubernetes' names of pods. */
const alphabet = 'bcdfghjklmnpqrstvwxz2456789';

const letters = (length: number): string => Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');

const hash = (text: string): string =>
  [...createHash('sha256').update(text).digest().subarray(0, 9)].map((byte) => alphabet[byte % alphabet.length]).join('');

const post = (message: FromWorker): void => parentPort?.postMessage(message);

const desired = new Desired(workerData as DesiredConfig, {
  post,
  verbs: { build, scope, emit },
  certificates: certificateReader,
  fetchKeys: (source, allowed) => fetchKeysFrom(source, { allowed, resolve: resolveBySystem }),
  now: Date.now,
  uid: randomUUID,
  letters,
  hash,
});

/** The argument's type belongs to the method: the caller's side is typed by the same table. */
const call = (method: Method, argument: unknown): unknown => {
  const calls = ([desired.access, desired.asked].find((some) => method in some) ?? desired) as Calls;
  return (calls[method] as (argument: unknown) => unknown).call(calls, argument);
};

const answer = async (id: number, method: Method, argument: unknown): Promise<void> => {
  try {
    post({ kind: 'answer', id, value: await call(method, argument) });
  } catch (error) {
    post({ kind: 'failure', id, reason: reasonOf(error) });
  }
};

parentPort?.on('message', (message: ToWorker) => {
  switch (message.kind) {
    case 'call':
      void answer(message.id, message.method, message.argument);
      return;
    case 'attach':
      desired.attach(message.key, message.proxy);
      return;
    case 'detach':
      desired.detach(message.key);
      return;
    case 'stop':
      void desired.stop().then(() => parentPort?.close());
      return;
  }
});

desired.start();
