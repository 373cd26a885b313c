/** Past topology: for each minute who talked to whom, how much and how well. Some bytes for each edge, so that weeks of it stay. */
import type { DatabaseSync } from 'node:sqlite';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import {
  type CountedEdge,
  countedEdges,
  type EdgeCounts,
  type Histogram,
  type Labels,
  mergeHistograms,
  protectionAsked,
  questionsOf,
  together,
  total,
  trafficAsked,
} from '@weft/signals';
import { askCounters, askHistograms, type Kept } from './ask.ts';
import { Reader, Writer } from './numbers.ts';
import { startOf } from './tiers.ts';

const minute = 60_000;
const day = 86_400_000;
const keep = 30 * day;
/** What is not there any more is told for so long. */
const vanishing = day;

export interface GoneEdge {
  readonly labels: Labels;
  readonly last: number;
}

export interface KeptEdges {
  readonly edges: readonly CountedEdge[];
  readonly revisions: readonly number[];
  readonly vanished: readonly GoneEdge[];
}

/** In this order; the buckets of the durations and their sum follow. */
const fields = ['requests', 'failed', 'opened', 'received', 'sent', 'mutual', 'plaintext'] as const satisfies readonly (keyof EdgeCounts)[];

const writer = new Writer();
const entry = new Writer();

const isActive = ({ counts }: CountedEdge): boolean => counts.requests + counts.opened + counts.received + counts.sent > 0;

/** From stored chunks, as anybody would ask. */
const counted = (kept: Kept, from: number, to: number): readonly CountedEdge[] => {
  const span = { from, to, step: to - from > minute ? 10_000 : minute, whole: true };
  const all = [trafficAsked(span), protectionAsked(span)].map((asked) =>
    together(
      asked,
      questionsOf(asked).map(({ kind, question }) => (kind === 'counters' ? askCounters(kept, question) : askHistograms(kept, question))),
    ),
  );
  const [traffic, protection] = all;
  return traffic && protection ? countedEdges(traffic, protection).filter(isActive) : [];
};

const toBytes = (edges: readonly { readonly id: number; readonly counts: EdgeCounts; readonly took: Histogram }[]): Buffer => {
  let before = 0;
  for (const { id, counts, took } of [...edges].sort((a, b) => a.id - b.id)) {
    const values = [...fields.map((field) => counts[field]), ...took.counts, took.sum];
    entry.sparse(values.length, (index) => values[index] ?? 0);
    const bytes = entry.taken();
    writer.whole(id - before);
    writer.whole(bytes.length);
    writer.bytes(bytes);
    before = id;
  }
  return zstdCompressSync(writer.taken());
};

interface ReadEdge {
  readonly id: number;
  readonly counts: EdgeCounts;
}

const fromBytes = (bytes: Uint8Array, bounds: readonly number[]): readonly ReadEdge[] => {
  const edges: ReadEdge[] = [];
  const values = new Float64Array(fields.length + bounds.length + 2);
  let id = 0;
  for (const reader = new Reader(zstdDecompressSync(bytes)); !reader.ended; ) {
    id += reader.whole();
    reader.sparse(reader.whole() + reader.at, values);
    const [requests = 0, failed = 0, opened = 0, received = 0, sent = 0, mutual = 0, plaintext = 0] = values;
    const counts = [...values.subarray(fields.length, -1)];
    const durations = [{ bounds, counts, sum: values.at(-1) ?? 0 }];
    edges.push({ id, counts: { requests, failed, opened, received, sent, mutual, plaintext, durations } });
  }
  return edges;
};

const joined = (all: readonly EdgeCounts[]): EdgeCounts => {
  const sum = (field: (typeof fields)[number]): number => all.reduce((amount, counts) => amount + counts[field], 0);
  return {
    ...{ requests: sum('requests'), failed: sum('failed'), opened: sum('opened'), received: sum('received'), sent: sum('sent') },
    ...{ mutual: sum('mutual'), plaintext: sum('plaintext') },
    // A minute without requests has no buckets, and would leave none.
    durations: [mergeHistograms(all.flatMap(({ durations }) => durations.filter((one) => total(one) > 0)))],
  };
};

export class TopologyTable {
  readonly #db: DatabaseSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /** Minutes that are over, within a commit. */
  record(kept: Kept, { complete, revision }: { readonly complete: number; readonly revision: number }): void {
    const next = this.#next();
    const minutes = this.#db.prepare('SELECT at FROM look WHERE step = ? AND at >= ? AND at + ? <= ? ORDER BY at');
    for (const { at } of minutes.all(minute, next, minute, complete))
      this.#write(Number(at), counted(kept, Number(at), Number(at) + minute), revision);
  }

  edges(kept: Kept, from: number, to: number): KeptEdges {
    const first = startOf(from, minute);
    const rows = this.#db.prepare('SELECT revision, bounds, bytes FROM topology WHERE at >= ? AND at < ? ORDER BY at').all(first, to);
    const past = rows.flatMap(({ bounds, bytes }) => fromBytes(bytes as Uint8Array, JSON.parse(String(bounds)) as number[]));
    const names = this.#names();
    const named = past.flatMap(({ id, counts }): CountedEdge[] => {
      const text = names.get(id);
      return text === undefined ? [] : [{ labels: JSON.parse(text) as Labels, counts }];
    });
    // The minute that is not over yet.
    const open = Math.max(first, this.#next());
    const all = [...named, ...(to > open && open > to - 10 * minute ? counted(kept, open, to) : [])];
    const byEdge = Map.groupBy(all, ({ labels }) => JSON.stringify(labels));
    return {
      edges: [...byEdge.values()].flatMap((same) =>
        same[0] ? [{ labels: same[0].labels, counts: joined(same.map(({ counts }) => counts)) }] : [],
      ),
      revisions: [...new Set(rows.map(({ revision }) => Number(revision)))],
      vanished: this.#vanished(first).filter(({ labels }) => !byEdge.has(JSON.stringify(labels))),
    };
  }

  /** What is older than a month, or more than there is room for. */
  forget(now: number, maxBytes: number): void {
    this.#db.prepare('DELETE FROM topology WHERE at < ?').run(now - keep);
    const size = Number(this.#db.prepare('SELECT SUM(length(bytes)) AS size FROM topology').get()?.['size'] ?? 0);
    if (size > maxBytes) {
      const { first, last } = this.#db.prepare('SELECT MIN(at) AS first, MAX(at) AS last FROM topology').get() ?? {};
      // A little more than is too much, so that it is not done each time.
      const before = Number(first) + (Number(last) - Number(first)) * Math.min(1, 1.05 - maxBytes / size);
      this.#db.prepare('DELETE FROM topology WHERE at < ?').run(Math.ceil(before));
    }
    this.#db.prepare('DELETE FROM edge WHERE last < (SELECT MIN(at) FROM topology)').run();
  }

  /** The first minute that is not recorded; of a store that has none yet, the one in which somebody first looked. */
  #next(): number {
    const last = this.#db.prepare('SELECT MAX(at) AS last FROM topology').get()?.['last'];
    if (typeof last === 'number') return last + minute;
    return startOf(Number(this.#db.prepare('SELECT MIN(at) AS first FROM look').get()?.['first'] ?? 0), minute);
  }

  #names(): ReadonlyMap<number, string> {
    return new Map(
      this.#db
        .prepare('SELECT id, labels FROM edge')
        .all()
        .map(({ id, labels }) => [Number(id), String(labels)]),
    );
  }

  /** Seen before `from`, but not since. */
  #vanished(from: number): readonly GoneEdge[] {
    const gone = this.#db.prepare('SELECT labels, last FROM edge WHERE last < ? AND last >= ?').all(from, from - vanishing);
    return gone.map(({ labels, last }) => ({ labels: JSON.parse(String(labels)) as Labels, last: Number(last) }));
  }

  #write(at: number, edges: readonly CountedEdge[], revision: number): void {
    const name = this.#db.prepare(
      'INSERT INTO edge (labels, last) VALUES (?, ?) ON CONFLICT (labels) DO UPDATE SET last = max(last, excluded.last) RETURNING id',
    );
    const histograms = edges.map(({ counts }) => mergeHistograms(counts.durations));
    // Whoever had no requests has no buckets.
    const { bounds } = mergeHistograms(histograms.filter((one) => one.bounds.length > 0));
    const empty: Histogram = { bounds, counts: bounds.map(() => 0).concat(0), sum: 0 };
    const entries = edges.map(({ labels, counts }, index) => {
      const id = Number(name.get(JSON.stringify(labels), at)?.['id']);
      const own = histograms[index];
      return { id, counts, took: own && own.bounds.length > 0 ? mergeHistograms([own, empty]) : empty };
    });
    this.#db
      .prepare('INSERT OR REPLACE INTO topology (at, revision, bounds, bytes) VALUES (?, ?, ?, ?)')
      .run(at, revision, JSON.stringify(bounds), toBytes(entries));
  }
}
