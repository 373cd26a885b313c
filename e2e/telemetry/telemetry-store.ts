/** What a mesh has observed, without the mesh: its stores, and what hands over what is put into them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HandOver, startHandOver } from '../../weftd/src/telemetry/hand-over/hand-over.ts';
import type { LaneState } from '../../weftd/src/telemetry/hand-over/outbox.ts';
import type { TelemetryReceiver, TelemetryReceivers } from '../../weftd/src/telemetry/hand-over/receivers.ts';
import { startTelemetry, type Telemetry } from '../../weftd/src/telemetry/worker/thread.ts';

export interface Observed {
  readonly telemetry: Telemetry;
  readonly logged: readonly string[];
  handOverTo(receivers: Partial<TelemetryReceivers>): HandOver;
  /** The receivers are others from now on. */
  renew(receivers: Partial<TelemetryReceivers>): void;
  laneOf(lane: string): Promise<LaneState | undefined>;
  /** As a weftd that ends and starts again. */
  reopen(outboxBytes?: number): Promise<void>;
  end(): Promise<void>;
}

export const openly = (address: string): TelemetryReceiver => ({ address, credentials: { headers: {} } });

const networks = ['127.0.0.1/32'];

/** @param start before it nothing was measured; Unix milliseconds */
export const startObserved = async (start: number): Promise<Observed> => {
  const folder = mkdtempSync(join(tmpdir(), 'weft-hand-over-'));
  const logged: string[] = [];
  const keep = (fields: object, message: string): void => void logged.push(`${message} ${JSON.stringify(fields)}`);
  const open = (outboxBytes: number): Promise<Telemetry> => {
    const kept = { maxBytes: 1 << 30, maxAgeMs: 86_400_000 };
    const metrics = {
      maxBytes: 1 << 30,
      maxAgeMs: 1e12,
      maxSeries: 10_000,
      topology: { maxBytes: 1 << 20, maxAgeMs: 1e9 },
      now: start - 60_000,
    };
    const options = () => ({
      records: kept,
      metrics,
      traces: kept,
      outbox: { maxBytes: outboxBytes },
      events: { maxAgeMs: kept.maxAgeMs, maxEvents: 1000 },
    });
    return startTelemetry({ directory: folder, options, onTrouble: (message) => keep({}, message) });
  };
  let telemetry = await open(1 << 30);
  let handOver: HandOver | undefined;
  let receivers: TelemetryReceivers = { otlp: {}, networks };
  const stop = async (): Promise<void> => {
    await handOver?.stop();
    await telemetry.stop();
  };
  return {
    get telemetry() {
      return telemetry;
    },
    logged,
    handOverTo: (wanted) => {
      receivers = { otlp: {}, networks, ...wanted };
      handOver = startHandOver({ telemetry, receivers: () => receivers, log: { info: keep, warn: keep, error: keep } });
      return handOver;
    },
    renew: (wanted) => {
      receivers = { otlp: {}, networks, ...wanted };
      handOver?.look();
    },
    laneOf: async (lane) => (await telemetry.outbox.state()).find((one) => one.lane === lane),
    reopen: async (outboxBytes = 1 << 30) => {
      await stop();
      handOver = undefined;
      telemetry = await open(outboxBytes);
    },
    end: async () => {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
