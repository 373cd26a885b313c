/** Says when the next step of a change may be taken: the worker decides what it is, only here is known who has acknowledged the last. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log, Push } from '../push/contract.ts';
import type { DesiredThread } from './thread.ts';

/** Envoy acknowledges before all of its threads go by what it took, and connections are on their way: both are over in a moment. */
const settlingMs = 1000;

export const takeSteps = (desired: Pick<DesiredThread, 'onStep' | 'call'>, push: Pick<Push, 'waitApplied'>, log: Log): void =>
  desired.onStep(async ({ revision, timeoutMs }) => {
    try {
      const { applied, pending } = await push.waitApplied({ revision, timeoutMs });
      if (applied) await sleep(settlingMs);
      await desired.call('advance', { revision, applied, pending });
    } catch (error) {
      log.warn({ err: String(error), revision }, 'the next step of a change was not taken');
    }
  });
