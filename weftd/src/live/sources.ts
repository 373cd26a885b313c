/** Who tells of what: each part says itself that something changed, and nobody looks whether something did. */
import type { DesiredThread } from '../desired/thread.ts';
import type { Push } from '../push/contract.ts';
import type { HandOver } from '../telemetry/hand-over/hand-over.ts';
import type { Telemetry } from '../telemetry/worker/thread.ts';
import type { Live } from './live.ts';

const minute = 60_000;

/** @returns the detach function */
export const tellOfMesh = (live: Live, desired: DesiredThread, push: Push): (() => void) => {
  const detached = [
    desired.onNews(({ revision, kinds, findings }) => {
      live.tell('status', { revision });
      if (kinds.length > 0) {
        live.tell('resources', { revision, kinds });
        live.tell('audit');
      }
      if (findings) live.tell('findings', { revision });
    }),
    desired.onNode(() => {
      live.tell('workloads');
      live.tell('status', { revision: desired.plan.revision() });
    }),
    push.onChange(() => {
      live.tell('proxies');
      live.tell('status', { revision: desired.plan.revision() });
    }),
  ];
  return () => {
    for (const detach of detached) detach();
  };
};

type Measurements = Pick<HandOver['metrics'], 'add' | 'look' | 'commit'>;

/** Measurements that tell when what was added is kept. */
export const tellingMeasurements = (live: Live, { add, look, commit }: Measurements): Measurements => {
  let complete = Number.POSITIVE_INFINITY;
  return {
    ...{ add, look },
    commit: async (now, revision) => {
      await commit(now, revision);
      live.tell('signals', { time: now });
      const until = now - (now % minute);
      if (until > complete) live.tell('topology', { time: until, revision });
      complete = until;
    },
  };
};

type TakesRecords = Pick<Telemetry['records'], 'take'>;

/** Records that tell when some are kept. */
export const tellingRecords = (live: Live, records: TakesRecords): TakesRecords => ({
  take: async (...given) => {
    const taken = await records.take(...given);
    live.tell('records');
    return taken;
  },
});
