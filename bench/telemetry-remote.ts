/** The measured process, as who measures sees it. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Call, Usage } from './telemetry-store.ts';

export interface Measured {
  readonly value: unknown;
  /** From the call to the answer, in the process that asks the telemetry thread; and processor time of all its threads. */
  readonly ms: number;
  readonly cpu: number;
}

export interface MeasuredStore {
  ask(call: Call): Promise<Measured>;
  call(method: string, ...given: readonly unknown[]): Promise<Measured>;
  usage(): Promise<Usage>;
  stop(): Promise<void>;
}

export const startStore = async (directory: string, now: number): Promise<MeasuredStore> => {
  const child = fork(fileURLToPath(new URL('./telemetry-store.ts', import.meta.url)), [directory, String(now)], {
    serialization: 'advanced',
  });
  await once(child, 'message');
  const ask = async (asked: Call): Promise<Measured> => {
    const answered = once(child, 'message');
    child.send(asked);
    const [answer] = (await answered) as [Measured];
    return answer;
  };
  const call = (method: string, ...given: readonly unknown[]): Promise<Measured> => ask({ method, given });
  return {
    ask,
    call,
    usage: async () => (await call('usage')).value as Usage,
    stop: async () => {
      const ended = once(child, 'exit');
      await call('stop');
      await ended;
    },
  };
};
