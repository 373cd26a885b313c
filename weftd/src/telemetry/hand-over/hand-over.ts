/**
 * Measurements, traces and records for others, by the mesh's settings: what is kept here goes to them too. Where the settings name nobody nothing
 * is put down, and measurements are read from Weft's own store.
 */
import { otlpSignals } from '@weft/model';
import type { Question, SignalsQuery } from '@weft/signals';
import { type Reach, resolveBySystem } from '../../outbound/guard.ts';
import type { Log } from '../../push/contract.ts';
import type { Reading } from '../metrics/reading.ts';
import type { Telling } from '../metrics/told.ts';
import { prometheusQuery } from '../prometheus/query.ts';
import type { ToldTraces } from '../traces/traces.ts';
import type { Telemetry } from '../worker/thread.ts';
import { startCarrier } from './carrier.ts';
import type { Receiver } from './delivery.ts';
import { type Lane, lanes } from './outbox.ts';
import type { TelemetryReceivers } from './receivers.ts';

export interface HandOverInput {
  readonly telemetry: Pick<Telemetry, 'outbox' | 'records' | 'metrics' | 'traces'>;
  readonly receivers: () => TelemetryReceivers;
  readonly log: Log;
}

export interface HandOver {
  /** As the stores' own, for those who add to them. */
  readonly metrics: Pick<Telemetry['metrics'], 'add' | 'look' | 'tell' | 'commit'>;
  readonly traces: Pick<Telemetry['traces'], 'add'>;
  /** Wherever measurements are read from now. */
  readonly signals: SignalsQuery;
  /** Whether that is Weft's own store. */
  isOwn(): boolean;
  /** The settings may have changed. */
  look(): void;
  stop(): Promise<void>;
}

/** A message of some hundred kilobytes. */
const recordsAtOnce = 200;

/** @returns those that are wanted, each with who takes it, if it can be asked */
const receiversOf = ({ remoteWrite, otlp }: TelemetryReceivers, reach: Reach): ReadonlyMap<Lane, Receiver | undefined> => {
  const named = [
    ['remote-write', remoteWrite && { ...remoteWrite, protocol: 'http' as const }] as const,
    ...otlpSignals.map((signal) => [signal, otlp[signal]] as const),
  ];
  return new Map(
    named.flatMap(([lane, receiver]): readonly (readonly [Lane, Receiver | undefined])[] => {
      if (!receiver) return [];
      const { credentials, ...rest } = receiver;
      return [[lane, credentials && { ...rest, lane, credentials, reach }]];
    }),
  );
};

class HandingOver implements HandOver {
  readonly #input: HandOverInput;
  #running: readonly { stop(): Promise<void> }[] = [];
  #wanted: ReadonlyMap<Lane, Receiver | undefined> = new Map();
  #receivers = '';
  #change: Promise<void> = Promise.resolve();

  constructor(input: HandOverInput) {
    this.#input = input;
    this.look();
  }

  readonly metrics = {
    add: async (readings: readonly Reading[]): Promise<void> => {
      const { metrics, outbox } = this.#input.telemetry;
      await metrics.add(readings);
      const wanted = (['remote-write', 'metrics'] as const).filter((lane) => this.#wanted.has(lane));
      if (wanted.length > 0) await this.#also(outbox.readings(readings, wanted));
    },
    look: async (...given: Parameters<Telemetry['metrics']['look']>): Promise<void> => {
      const { metrics, outbox } = this.#input.telemetry;
      await metrics.look(...given);
      if (this.#wanted.has('remote-write')) await this.#also(outbox.looks(...given));
    },
    tell: async (telling: Telling): Promise<void> => {
      const { metrics, outbox } = this.#input.telemetry;
      await metrics.tell(telling);
      if (this.#wanted.has('remote-write')) await this.#also(outbox.telling(telling));
    },
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

  isOwn = (): boolean => this.#input.receivers().prometheus === undefined;

  look = (): void => {
    const receivers = this.#input.receivers();
    const text = JSON.stringify(receivers);
    if (text === this.#receivers) return;
    this.#receivers = text;
    this.#wanted = receiversOf(receivers, this.#reach(receivers));
    this.#change = this.#change.then(() => this.#restart(this.#wanted));
  };

  stop = async (): Promise<void> => {
    await this.#change;
    await Promise.all(this.#running.map((carrier) => carrier.stop()));
  };

  #reach({ networks }: TelemetryReceivers): Reach {
    return { allowed: networks, resolve: resolveBySystem };
  }

  #source(): SignalsQuery {
    const receivers = this.#input.receivers();
    const { prometheus } = receivers;
    return prometheus ? prometheusQuery({ ...prometheus, reach: this.#reach(receivers) }) : this.#input.telemetry.metrics;
  }

  /** What is kept here is kept, whatever becomes of what is for others. */
  async #also(work: Promise<void>): Promise<void> {
    await work.catch((error: unknown) => this.#input.log.warn({ err: String(error) }, 'what is to be handed over was not put down'));
  }

  async #restart(wanted: ReadonlyMap<Lane, Receiver | undefined>): Promise<void> {
    const { telemetry, log } = this.#input;
    const { outbox } = telemetry;
    await Promise.all(this.#running.map((carrier) => carrier.stop()));
    for (const lane of lanes) if (!wanted.has(lane)) await this.#also(outbox.clear(lane));
    this.#running = [...wanted.values()].flatMap((receiver) =>
      receiver ? [startCarrier({ receiver, outbox, log, ...(receiver.lane === 'logs' && { fill: () => this.#fill() }) })] : [],
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
