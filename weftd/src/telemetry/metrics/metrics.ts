/** How much the mesh's counters grew, for months: of what proxies say every ten seconds, in steps that become longer with age. */
import type { NamedSaturation, Retention, SeriesSearch, SignalsSearch } from '@weft/model';
import {
  type Amount,
  type Answered,
  type Gauge,
  goldenSignals,
  type Labels,
  type Observations,
  type ObservedQuery,
  type Question,
  seriesBy,
} from '@weft/signals';
import { type Database, openDatabase } from '../../store/database.ts';
import { toJson } from '../json.ts';
import { askCounters, askGauges, askHistograms, type Kept } from './ask.ts';
import { openCatalogue } from './catalogue.ts';
import { Chunks } from './chunks.ts';
import { type TopologySearch, topologyOf } from './graph.ts';
import { Names } from './names.ts';
import { observeKept } from './observe.ts';
import { stepOf, Waiting } from './pending.ts';
import { type Memory, type Reading, takeReading } from './reading.ts';
import { migrations } from './schema.ts';
import { openTargets } from './targets.ts';
import { longestKept, startOf, tiers } from './tiers.ts';
import { type Telling, takeTelling } from './told.ts';
import { type KeptEdges, TopologyTable } from './topology.ts';

/** Of measurements; they become coarser before they are as old. */
export interface MetricsRetention extends Retention {
  /** Of past topology. */
  readonly topology: Retention;
}

export interface MetricsOptions extends MetricsRetention {
  /** Over all views; further ones are counted as left out. */
  readonly maxSeries: number;
  /** Unix milliseconds. */
  readonly now: number;
}

/** What something stands at now. */
export interface Look {
  readonly metric: string;
  readonly labels: Labels;
  /** Of whom it is; what several pods say under the same labels counts together here. */
  readonly pod: string;
  readonly value: number;
}

export interface MetricsState {
  readonly series: number;
  /** Growth that was not kept since weftd began, since there were too many series. */
  readonly leftOut: number;
  readonly bytes: number;
}

export interface Metrics {
  /** In memory until the next commit. */
  add(readings: readonly Reading[]): void;
  look(looks: readonly Look[], now: number): void;
  /** What workloads tell of themselves. */
  tell(telling: Telling): void;
  /**
   * Everything that was added, at once; where it fails all of it is read again from the proxies, which have counted on.
   * @param revision of the configuration that is in force
   */
  commit(now: number, revision: number): void;
  counters(question: Question): Answered<Amount>;
  histograms(question: Question): Answered<Observations>;
  gauges(question: Question): Answered<Gauge>;
  /** Who talked to whom. */
  edges(from: number, to: number): KeptEdges;
  /** As JSON: the thread that serves proxies only passes it on. `Topology`, `SignalsAnswer` and `SeriesAnswer`. */
  topology(search: TopologySearch): Uint8Array | undefined;
  goldenSignals(search: SignalsSearch, saturations: readonly NamedSaturation[]): Promise<Uint8Array>;
  seriesBy(search: SeriesSearch): Promise<Uint8Array>;
  state(): MetricsState;
  /** From now on. */
  retain(retention: MetricsRetention): void;
  maintain(now: number): void;
  close(): void;
}

const targetsKeptMs = 24 * 3_600_000;
const shortest = tiers[0]?.step ?? 0;

interface Opened extends Kept, Memory {}

class MetricsStore implements Metrics {
  readonly #database: Database;
  readonly #maxSeries: number;
  #retention: MetricsRetention;
  readonly #topology: TopologyTable;
  #opened: Opened;
  /** Since when proxies are watched: what begins after it is new with all that it has counted. */
  #watching: number;
  #leftOut = 0;

  constructor(path: string, options: MetricsOptions) {
    this.#database = openDatabase(path, migrations);
    this.#maxSeries = options.maxSeries;
    this.#retention = options;
    this.#topology = new TopologyTable(this.#database.sql);
    this.#opened = this.#open();
    const { sql } = this.#database;
    sql.prepare('INSERT INTO watch SELECT ? WHERE NOT EXISTS (SELECT * FROM watch)').run(options.now);
    this.#watching = Number(sql.prepare('SELECT MAX(at) AS at FROM (SELECT at FROM target UNION SELECT since FROM watch)').get()?.['at']);
  }

  add = (readings: readonly Reading[]): void => {
    for (const reading of readings) this.#leftOut += takeReading(reading, this.#opened, this.#watching);
  };

  look = (looks: readonly Look[], now: number): void => {
    const { catalogue, waiting } = this.#opened;
    const at = stepOf(now);
    for (const { metric, labels, value } of looks) {
      const place = catalogue.place({ metric, kind: 'gauge', bounds: [] }, catalogue.sets.of(labels));
      if (place === undefined) this.#leftOut += 1;
      else waiting.add({ from: at, to: at + shortest }, place, { values: [value, value, value, 1, value], gap: false });
    }
  };

  tell = (telling: Telling): void => {
    const { looks, leftOut } = takeTelling(telling, this.#opened);
    this.#leftOut += leftOut;
    this.look(looks, telling.at);
  };

  commit = (now: number, revision: number): void => {
    const { catalogue, targets, waiting, chunks, names } = this.#opened;
    names.forget();
    const complete = stepOf(now) + shortest;
    try {
      this.#database.transaction(() => {
        catalogue.save();
        targets.save(now - targetsKeptMs);
        const reach = chunks.reach();
        for (const pending of waiting.taken()) chunks.write(pending, reach);
        chunks.look(stepOf(now));
        chunks.sumUp(complete);
        this.#topology.record(this.#opened, { complete, revision });
      });
    } catch (error) {
      this.#opened = this.#open();
      throw error;
    }
  };

  counters = (question: Question): Answered<Amount> => askCounters(this.#opened, question);
  histograms = (question: Question): Answered<Observations> => askHistograms(this.#opened, question);
  gauges = (question: Question): Answered<Gauge> => askGauges(this.#opened, question);

  readonly #query: ObservedQuery = {
    counters: async (question) => this.counters(question),
    histograms: async (question) => this.histograms(question),
    gauges: async (question) => this.gauges(question),
    observe: (asked) => observeKept(this.#opened, asked),
  };

  edges = (from: number, to: number): KeptEdges => this.#topology.edges(this.#opened, from, to);

  topology = (search: TopologySearch): Uint8Array | undefined => {
    const { from, to } = search;
    const found = topologyOf(this.edges(from, to), search);
    return found && toJson(found);
  };

  goldenSignals = async (search: SignalsSearch, saturations: readonly NamedSaturation[]): Promise<Uint8Array> =>
    toJson(await goldenSignals(this.#query, search, saturations));

  seriesBy = async (search: SeriesSearch): Promise<Uint8Array> => toJson(await seriesBy(this.#query, search));

  state = (): MetricsState => ({ series: this.#opened.catalogue.size, leftOut: this.#leftOut, bytes: this.#bytes() });

  retain = (retention: MetricsRetention): void => {
    this.#retention = retention;
  };

  maintain = (now: number): void => {
    const { maxAgeMs, maxBytes, topology } = this.#retention;
    this.#database.transaction(() => {
      for (const [tier, { keep, step }] of tiers.entries()) {
        const age = keep === longestKept ? maxAgeMs : Math.min(keep, maxAgeMs);
        this.#opened.chunks.forget(tier, startOf(now - age, step));
      }
      this.#topology.forget(now, topology);
    });
    while (this.#bytes() > maxBytes && this.#shorten());
  };

  close = (): void => this.#database.close();

  #open(): Opened {
    const { sql } = this.#database;
    const catalogue = openCatalogue(sql, this.#maxSeries);
    const memory = { catalogue, targets: openTargets(sql), waiting: new Waiting(catalogue), names: new Names(catalogue.sets) };
    return { db: sql, ...memory, chunks: new Chunks(sql, catalogue) };
  }

  /** Pages in use: those that were given back wait for what comes next. */
  #bytes(): number {
    const pragma = (name: string): number => Number(Object.values(this.#database.sql.prepare(`PRAGMA ${name}`).get() ?? {})[0] ?? 0);
    return (pragma('page_count') - pragma('freelist_count')) * pragma('page_size');
  }

  /** Takes a tenth of the tier that has most of it. @returns whether there was anything */
  #shorten(): boolean {
    const { sql } = this.#database;
    const most = sql.prepare('SELECT step FROM chunk GROUP BY step ORDER BY SUM(length(bytes)) DESC LIMIT 1').get();
    if (!most) return false;
    const step = Number(most['step']);
    const ends = sql.prepare('SELECT MIN(at) AS first, MAX(at) AS last FROM look WHERE step = ?').get(step);
    const [first, last] = [Number(ends?.['first']), Number(ends?.['last'])];
    const tier = tiers.findIndex((one) => one.step === step);
    const before = startOf(first + Math.ceil((last - first) / 10), step) + step;
    this.#database.transaction(() => this.#opened.chunks.forget(tier, before));
    return true;
  }
}

export const openMetrics = (path: string, options: MetricsOptions): Metrics => new MetricsStore(path, options);
