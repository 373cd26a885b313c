/** How long the stores keep what they have, by the mesh's settings; new settings hold from the moment on that they are in force. */
import type { TelemetryRetention } from '@weft/model';
import { historyKept } from '../store/objects.ts';
import type { StoreOptions } from './worker/stores.ts';
import type { Telemetry } from './worker/thread.ts';

const maxSeries = 1_000_000;
/** Of each kind that waits for others. */
const outboxBytes = 256 * 1024 ** 2;
/** As long as configuration is remembered; each has some hundred bytes. */
const maxEvents = 100_000;

/** @param now when the thread is started */
export const storeOptions = ({ records, metrics, traces, topology }: TelemetryRetention, now: number): StoreOptions => ({
  ...{ records, traces },
  metrics: { ...metrics, topology, maxSeries, now },
  outbox: { maxBytes: outboxBytes },
  events: { maxAgeMs: historyKept, maxEvents },
});

/** @returns to be called whenever settings may have changed */
export const keepRetention = (telemetry: Telemetry, wanted: () => TelemetryRetention): (() => void) => {
  let told = '';
  const look = (): void => {
    const { records, metrics, traces, topology } = wanted();
    const text = JSON.stringify(wanted());
    if (text === told) return;
    told = text;
    // A thread that is not there is told when it starts.
    for (const telling of [
      telemetry.records.retain(records),
      telemetry.traces.retain(traces),
      telemetry.metrics.retain({ ...metrics, topology }),
    ])
      telling.catch(() => undefined);
  };
  look();
  return look;
};
