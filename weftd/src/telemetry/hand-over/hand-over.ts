/**
 * Measurements, traces and records for others, by the mesh's settings: what is kept here goes to them too. Where the settings name nobody nothing
 * is put down, and measurements are read from Weft's own store.
 */
import type { TelemetryTargets } from '@weft/model';
import type { Question, SignalsQuery } from '@weft/signals';
import { type Reach, resolveBySystem } from '../../outbound/guard.ts';
import type { Log } from '../../push/contract.ts';
import type { Reading } from '../metrics/reading.ts';
import { prometheusQuery } from '../prometheus/query.ts';
import type { ToldTraces } from '../traces/traces.ts';
import type { Telemetry } from '../worker/thread.ts';
import { type Receiver, startCarrier } from './carrier.ts';
import type { Lane } from './outbox.ts';

export interface HandOverInput {
  readonly telemetry: Pick<Telemetry, 'outbox' | 'records' | 'metrics' | 'traces'>;
  readonly targets: () => TelemetryTargets;
  readonly log: Log;
}

export interface HandOver {
  /** As the stores' own, for those who add to them. */
  readonly metrics: Pick<Telemetry['metrics'], 'add' | 'look' | 'commit'>;
  readonly traces: Pick<Telemetry['traces'], 'add'>;
  /** Wherever measurements are read from now. */
  readonly signals: SignalsQuery;
  /** The settings may have changed. */
  look(): void;
  stop(): Promise<void>;
}

/** A message of some hundred kilobytes. */
const recordsAtOnce = 200;

const otlp = { 'content-type': 'application/x-protobuf' };
const remoteWrite = { ...otlp, 'content-encoding': 'snappy', 'x-prometheus-remote-write-version': '0.1.0' };

const receiversOf = (targets: TelemetryTargets, reach: Reach): ReadonlyMap<Lane, Receiver> => {
  const { collector, remoteWrite: write } = targets;
  return new Map<Lane, Receiver>([
    ...(write === undefined ? [] : [['metrics', { url: write, headers: remoteWrite, reach }] as const]),
    ...(collector === undefined
      ? []
      : [
          ['traces', { url: `${collector}/v1/traces`, headers: otlp, reach }] as const,
          ['logs', { url: `${collector}/v1/logs`, headers: otlp, reach }] as const,
        ]),
  ]);
};

const lanes: readonly Lane[] = ['metrics', 'traces', 'logs'];

class HandingOver implements HandOver {
  readonly #input: HandOverInput;
  #running: readonly { stop(): Promise<void> }[] = [];
  #wanted: ReadonlyMap<Lane, Receiver> = new Map();
  #targets = '';
  #change: Promise<void> = Promise.resolve();

  constructor(input: HandOverInput) {
    this.#input = input;
    this.look();
  }

  readonly metrics = {
    add: async (readings: readonly Reading[]): Promise<void> => {
      const { metrics, outbox } = this.#input.telemetry;
      await metrics.add(readings);
      if (this.#wanted.has('metrics')) await this.#also(outbox.readings(readings));
    },
    look: (...given: Parameters<Telemetry['metrics']['look']>): Promise<void> => this.#input.telemetry.metrics.look(...given),
    commit: (...given: Parameters<Telemetry['metrics']['commit']>): Promise<void> => this.#input.telemetry.metrics.commit(...given),
  };

  readonly traces = {
    add: async (told: ToldTraces) => {
      const { traces, outbox } = this.#input.telemetry;
      const taken = await traces.add(told);
      if (this.#wanted.has('traces')) await this.#also(outbox.spans(told));
      return taken;
    },
  };

  readonly signals: SignalsQuery = {
    counters: (question: Question) => this.#source().counters(question),
    histograms: (question: Question) => this.#source().histograms(question),
    gauges: (question: Question) => this.#source().gauges(question),
  };

  look = (): void => {
    const targets = this.#input.targets();
    const text = JSON.stringify(targets);
    if (text === this.#targets) return;
    this.#targets = text;
    this.#wanted = receiversOf(targets, this.#reach(targets));
    this.#change = this.#change.then(() => this.#restart(this.#wanted));
  };

  stop = async (): Promise<void> => {
    await this.#change;
    await Promise.all(this.#running.map((carrier) => carrier.stop()));
  };

  #reach({ networks }: TelemetryTargets): Reach {
    return { allowed: networks, resolve: resolveBySystem };
  }

  #source(): SignalsQuery {
    const targets = this.#input.targets();
    if (targets.prometheus === undefined) return this.#input.telemetry.metrics;
    return prometheusQuery({ address: targets.prometheus, reach: this.#reach(targets) });
  }

  /** What is kept here is kept, whatever becomes of what is for others. */
  async #also(work: Promise<void>): Promise<void> {
    await work.catch((error: unknown) => this.#input.log.warn({ err: String(error) }, 'what is to be handed over was not put down'));
  }

  async #restart(wanted: ReadonlyMap<Lane, Receiver>): Promise<void> {
    const { telemetry, log } = this.#input;
    const { outbox } = telemetry;
    await Promise.all(this.#running.map((carrier) => carrier.stop()));
    for (const lane of lanes) if (!wanted.has(lane)) await this.#also(outbox.clear(lane));
    this.#running = [...wanted].map(([lane, receiver]) =>
      startCarrier({ lane, receiver, outbox, log, ...(lane === 'logs' && { fill: () => this.#fill() }) }),
    );
  }

  /** Records are taken from their store, where they wait as long as they are kept. */
  async #fill(): Promise<void> {
    const { records, outbox } = this.#input.telemetry;
    if (await outbox.first('logs')) return;
    const after = await outbox.cursor(await records.last());
    const found = await records.query({ after, limit: recordsAtOnce });
    if (found.length > 0) await outbox.records(found);
  }
}

export const startHandOver = (input: HandOverInput): HandOver => new HandingOver(input);
