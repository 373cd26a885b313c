/** Who did what with whom, for as long as there is room: what was added survives its workload, weftd and `kill -9`. */
import type { StatementSync } from 'node:sqlite';
import type { RecordsState, Retention, SignalsSearch } from '@weft/model';
import {
  type AccessRecord,
  type Amount,
  type Answered,
  type Arrivals,
  goldenSignals,
  isCountedOfRoutes,
  type KeptRoutes,
  type Observations,
  type ObservedQuery,
  observedRoutes,
  perspectives,
  type Question,
  type RecordQuery,
  routeCounters,
  routeHistograms,
  type StoredRecord,
  type Top,
  topRows,
} from '@weft/signals';
import { type Database, openDatabase } from '../../store/database.ts';
import { toJson } from '../json.ts';
import type { MeshNames } from '../labels.ts';
import { type ArrivalWindow, arrivalsKept, type KeptArrivals } from './arrivals.ts';
import { batchesOf } from './intake.ts';
import { type LossCounts, type Losses, lossesIn } from './losses.ts';
import { type Numbers, numbersIn } from './numbers.ts';
import { stretchesIn } from './otlp.ts';
import { dayMs, type Part, type Parts, partsIn } from './parts.ts';
import { type Positions, positionsIn } from './positions.ts';
import { type Routes, routesIn } from './routes.ts';
import { type PartyRow, partiesOf, type RowPlace, recordIn, rowOf, shapeOf } from './rows.ts';
import { migrations, partyColumns, recordColumns } from './schema.ts';
import { type PartLook, searchOf } from './search.ts';
import { type KeptUses, type UsesFound, type UseWindow, usesKept } from './uses.ts';

export type RecordsOptions = Retention;

/** Where in a proxy's file records come from. */
export interface Span {
  readonly file: string;
  /** Bytes: the first of these records begins at `from`, and the last one ends at `to`. */
  readonly from: number;
  readonly to: number;
}

export interface RecordBatch {
  readonly records: readonly AccessRecord[];
  /** What could not be read or was dropped on the way, by reason. */
  readonly losses?: LossCounts;
  /** What was taken before is taken once; absent: it comes from no file. */
  readonly span?: Span;
}

/** As JSON: to write thousands would hold up the thread that asks. */
export interface WrittenRecords {
  readonly json: Uint8Array;
  readonly count: number;
  /** All up to this number were looked through; absent: none. Of a question that asks for the newest it says nothing. */
  readonly last?: number;
}

export interface ArrivalsFound {
  readonly arrivals: readonly Arrivals[];
  /** Since when they are counted; absent: nobody came yet. */
  readonly since?: number;
}

export interface Records {
  /** All of it or, where it was taken before, nothing. */
  add(batch: RecordBatch, now: number): void;
  /** What an agent sent: OTLP, in which what was taken before is left out. Throws where it is nothing an agent sends. */
  take(request: Uint8Array, mesh: MeshNames, now: number): void;
  query(query: RecordQuery): readonly StoredRecord[];
  /** The same, with `joint` between each and the next. */
  written(query: RecordQuery, joint: ',' | '\n'): WrittenRecords;
  /** Of the newest that were asked for: `limit` lines of who asked whom for what, the most frequent first. */
  top(query: RecordQuery & { readonly since: number; readonly until: number }): Top;
  /** Requests of routes, in the form in which metrics are asked for. */
  routeCounters(question: Question, now: number): Answered<Amount>;
  routeHistograms(question: Question, now: number): Answered<Observations>;
  /** Golden signals of routes: `SignalsAnswer` as JSON. */
  routeSignals(search: SignalsSearch, now: number): Promise<Uint8Array>;
  /** Who came where and by what protected, kept for a month whatever becomes of the records. */
  arrivals(window: ArrivalWindow): ArrivalsFound;
  /** What rules led and decided in this time, kept for a quarter whatever becomes of the records. */
  uses(window: UseWindow, now: number): UsesFound;
  /** How far this file was taken, in bytes. */
  position(file: string): number;
  /** The number of the newest record: those that come are after it. */
  last(): number;
  state(): RecordsState;
  /** From now on. */
  retain(retention: Retention): void;
  maintain(now: number): void;
  close(): void;
}

/** Longer than an agent keeps what it could not deliver. */
const positionsKeptMs = 30 * dayMs;

/**
 * Records come by the thousand, and each touches a dozen pages of indexes: they are held in memory and go to their places in the file now and
 * then (64 MiB of each). Commits are not synced one by one: `kill -9` takes nothing of them, and of a power cut the lines that proxies write
 * know no more.
 */
const pace = 'PRAGMA synchronous = NORMAL; PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 16384;';

/** More would keep those waiting who have something to add. */
const mostCounted = 50_000;

/** Of a part, which has some million. */
const rare = 5_000;

class RecordsStore implements Records {
  readonly #database: Database;
  readonly #parts: Parts;
  readonly #parties: Numbers;
  readonly #shapes: Numbers;
  readonly #positions: Positions;
  readonly #losses: Losses;
  readonly #arrivals: KeptArrivals;
  readonly #routes: Routes;
  readonly #uses: KeptUses;
  #retention: Retention;
  #last: number;
  #insert: { readonly part: number; readonly statement: StatementSync } | undefined;

  constructor(path: string, retention: Retention) {
    this.#database = openDatabase(path, migrations);
    this.#database.sql.exec(pace);
    this.#retention = retention;
    this.#parts = partsIn(this.#database, () => this.#retention);
    this.#parties = numbersIn(this.#database, 'parties', partyColumns);
    this.#shapes = numbersIn(this.#database, 'shapes', ['shape']);
    this.#positions = positionsIn(this.#database);
    this.#losses = lossesIn(this.#database);
    this.#arrivals = arrivalsKept(this.#database);
    this.#routes = routesIn(this.#database);
    this.#uses = usesKept(this.#database);
    this.#last = Math.max(0, ...this.#parts.all().map(({ part }) => this.#newestOf(part)));
  }

  add = (batch: RecordBatch, now: number): void => {
    if (batch.span && this.position(batch.span.file) >= batch.span.to) return;
    this.#addAll([batch], now);
  };

  take = (request: Uint8Array, mesh: MeshNames, now: number): void => {
    const batches = batchesOf(stretchesIn(request), this, mesh);
    if (batches.length > 0) this.#addAll(batches, now);
  };

  query = (query: RecordQuery): readonly StoredRecord[] => {
    const { since = 0, until = Number.POSITIVE_INFINITY, after, limit } = query;
    const parts = this.#parts.all().filter(({ first, last }) => last >= since && first < until);
    if (after === undefined) return this.#newest(query, parts);
    const found: StoredRecord[] = [];
    for (const part of parts.toReversed()) {
      if (found.length >= limit) break;
      if (this.#newestOf(part.part) > after) found.push(...this.#search(part, query));
    }
    return found.slice(0, limit);
  };

  written = (query: RecordQuery, joint: ',' | '\n'): WrittenRecords => {
    const found = this.query(query);
    const last = found.length < query.limit ? this.#last : found.at(-1)?.id;
    const json = new TextEncoder().encode(found.map((one) => JSON.stringify(one)).join(joint));
    return { json, count: found.length, ...(last !== undefined && { last }) };
  };

  top = (query: RecordQuery & { readonly since: number; readonly until: number }): Top => {
    const { since: from, until: to, limit } = query;
    const found = this.query({ ...query, limit: mostCounted });
    return {
      from,
      to,
      truncated: found.length === mostCounted,
      rows: topRows(
        found.map(({ record }) => record),
        limit,
      ),
    };
  };

  routeCounters = (question: Question, now: number): Answered<Amount> => routeCounters(this.#routesFor(question, now), question);

  routeHistograms = (question: Question, now: number): Answered<Observations> => routeHistograms(this.#routesFor(question, now), question);

  routeSignals = async (search: SignalsSearch, now: number): Promise<Uint8Array> => {
    const query: ObservedQuery = {
      counters: async (question) => this.routeCounters(question, now),
      histograms: async (question) => this.routeHistograms(question, now),
      gauges: async ({ step }) => ({ step, groups: [], gaps: [] }),
      observe: (asked) => {
        const sides = perspectives[asked.seenBy].map((side) => ({ ...asked, where: { ...asked.where, ...side } }));
        return observedRoutes(
          asked,
          sides.map((side) => this.#routes.in(side, now)),
        );
      },
    };
    return toJson(await goldenSignals(query, search));
  };

  arrivals = (window: ArrivalWindow): ArrivalsFound => {
    const since = this.#arrivals.since();
    return { arrivals: this.#arrivals.in(window), ...(since !== undefined && { since }) };
  };

  uses = (window: UseWindow, now: number): UsesFound => this.#uses.in(window, now);

  position = (file: string): number => this.#positions.of(file);

  last = (): number => this.#last;

  state = (): RecordsState => {
    const parts = this.#parts.all();
    // Numbers are given one after another: counting them all would take seconds.
    const count = (part: number): number => {
      const [first, last] = [`SELECT min(id) FROM records_${part}`, `SELECT max(id) FROM records_${part}`];
      const row = this.#database.sql.prepare(`SELECT (${last}) - (${first}) + 1 AS count`).get();
      return Number(row?.['count'] ?? 0);
    };
    const times = parts.flatMap(({ first }) => (first === 0 ? [] : [first]));
    return {
      records: parts.reduce((sum, { part }) => sum + count(part), 0),
      bytes: this.#parts.size(),
      last: this.#last,
      ...(times.length > 0 && { oldest: Math.min(...times) }),
      losses: this.#losses.all(),
    };
  };

  retain = (retention: Retention): void => {
    this.#retention = retention;
  };

  maintain = (now: number): void => {
    this.#parts.forget(now);
    this.#index();
    this.#positions.forget(now - positionsKeptMs);
    this.#arrivals.forget(now);
    this.#routes.forget(now);
    this.#uses.forget(now);
  };

  close = (): void => this.#database.close();

  #routesFor(question: Question, now: number): KeptRoutes {
    return isCountedOfRoutes(question) ? this.#routes.in(question, now) : { rows: [], step: question.step };
  }

  /** In one transaction. */
  #addAll(batches: readonly RecordBatch[], now: number): void {
    const before = this.#last;
    try {
      this.#database.transaction(() => {
        for (const { records, losses = {}, span } of batches) {
          this.#losses.add(losses);
          if (span) this.#positions.set(span.file, span.to, now);
          if (records.length > 0) this.#append(records, now);
        }
        const all = batches.flatMap(({ records }) => records);
        this.#arrivals.add(all);
        this.#routes.add(all);
        this.#uses.add(all);
      });
    } catch (error) {
      this.#last = before;
      this.#insert = undefined;
      this.#parties.forget();
      this.#shapes.forget();
      this.#routes.undone();
      throw error;
    }
    this.#index();
  }

  #index(): void {
    try {
      this.#parts.indexNext();
    } catch {
      // What was added is kept all the same: a part that cannot be sorted now is looked through, and sorted another time.
    }
  }

  #append(records: readonly AccessRecord[], now: number): void {
    const part = this.#parts.current(now);
    if (this.#insert?.part !== part) this.#insert = this.#insertInto(part);
    const { statement } = this.#insert;
    this.#parts.fill(part, () => {
      let [first, last] = [Number.POSITIVE_INFINITY, 0];
      for (const record of records) {
        const row = rowOf(record, { id: this.#last + 1, ...this.#numbersOf(part, record) });
        statement.run(...recordColumns.map((column) => row[column]));
        this.#last += 1;
        first = Math.min(first, record.at);
        last = Math.max(last, record.at);
      }
      return { first, last };
    });
  }

  #numbersOf(part: number, record: AccessRecord): Omit<RowPlace, 'id'> {
    const { source, destination } = partiesOf(record);
    const numberOf = (party: PartyRow): number =>
      this.#parties.of(
        part,
        partyColumns.map((column) => party[column]),
      );
    return { source: numberOf(source), destination: numberOf(destination), shape: this.#shapes.of(part, [shapeOf(record)]) };
  }

  #insertInto(part: number): { readonly part: number; readonly statement: StatementSync } {
    const values = recordColumns.map(() => '?').join(', ');
    return { part, statement: this.#database.sql.prepare(`INSERT INTO records_${part} VALUES (${values})`) };
  }

  /** Records that came late lie in a later part than others of their time. */
  #newest(query: RecordQuery, parts: readonly Part[]): readonly StoredRecord[] {
    let found: readonly StoredRecord[] = [];
    for (const part of parts.toSorted((a, b) => b.last - a.last)) {
      const oldest = found.length < query.limit ? undefined : found.at(-1);
      if (oldest && oldest.record.at > part.last) break;
      found = [...found, ...this.#search(part, query)].sort((a, b) => b.record.at - a.record.at || b.id - a.id).slice(0, query.limit);
    }
    return found;
  }

  #search(part: Part, query: RecordQuery): readonly StoredRecord[] {
    const search = searchOf(part.part, query, this.#look(part));
    if (!search) return [];
    const rows = this.#database.sql.prepare(search.sql).all(...search.values);
    return rows.map((row) => ({ id: Number(row['id']), record: recordIn(row) }));
  }

  #look({ part, isIndexed }: Part): PartLook {
    const { sql: db } = this.#database;
    return {
      isIndexed,
      partiesThat: ({ sql, values }) => {
        const rows = db.prepare(`SELECT id FROM parties_${part} WHERE ${sql}`).all(...values);
        return rows.map(({ id }) => Number(id));
      },
      isRare: ({ sql, values }) => {
        const counted = db
          .prepare(`SELECT count(*) AS count FROM (SELECT 1 FROM records_${part} WHERE ${sql} LIMIT ${rare})`)
          .get(...values);
        return Number(counted?.['count']) < rare;
      },
    };
  }

  #newestOf(part: number): number {
    return Number(this.#database.sql.prepare(`SELECT max(id) AS newest FROM records_${part}`).get()?.['newest'] ?? 0);
  }
}

export const openRecords = (path: string, options: RecordsOptions): Records => new RecordsStore(path, options);
