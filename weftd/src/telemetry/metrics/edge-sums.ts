/** Counts of many edges, summed up by their numbers, and as bytes: some dozen for each edge. */
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { type EdgeCounts, type Histogram, mergeHistograms, total } from '@weft/signals';
import { Reader, Writer, withRoom } from './numbers.ts';

/** In this order; the buckets of the durations and their sum follow. */
const fields = ['requests', 'failed', 'opened', 'received', 'sent', 'mutual', 'plaintext'] as const satisfies readonly (keyof EdgeCounts)[];

const writer = new Writer();
const entry = new Writer();

export interface NumberedEdge {
  readonly id: number;
  readonly counts: EdgeCounts;
}

/** Of edges whose durations have the same bounds. */
class BoundSums {
  readonly bounds: readonly number[];
  readonly width: number;
  readonly #rows = new Map<number, number>();
  #values: Float64Array;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.width = fields.length + bounds.length + 2;
    this.#values = new Float64Array(256 * this.width);
  }

  ids(): Iterable<number> {
    return this.#rows.keys();
  }

  /** Its numbers, to be added to. */
  row(id: number): Float64Array {
    const index = this.#rows.get(id) ?? this.#rows.size;
    this.#rows.set(id, index);
    this.#values = withRoom(this.#values, this.#rows.size * this.width);
    return this.#values.subarray(index * this.width, (index + 1) * this.width);
  }

  counts(id: number): EdgeCounts {
    const row = this.row(id);
    const [requests = 0, failed = 0, opened = 0, received = 0, sent = 0, mutual = 0, plaintext = 0] = row;
    const durations = { bounds: this.bounds, counts: [...row.subarray(fields.length, -1)], sum: row.at(-1) ?? 0 };
    return { requests, failed, opened, received, sent, mutual, plaintext, durations: total(durations) > 0 ? [durations] : [] };
  }
}

/** Of the same edge in other stretches of time, or with other bounds. */
export const joined = (all: readonly EdgeCounts[]): EdgeCounts => {
  const [only, ...others] = all;
  if (only && others.length === 0) return only;
  const sum = (field: (typeof fields)[number]): number => all.reduce((amount, counts) => amount + counts[field], 0);
  return {
    ...{ requests: sum('requests'), failed: sum('failed'), opened: sum('opened'), received: sum('received'), sent: sum('sent') },
    ...{ mutual: sum('mutual'), plaintext: sum('plaintext') },
    // A minute without requests has no buckets, and would leave none.
    durations: [mergeHistograms(all.flatMap(({ durations }) => durations.filter((one) => total(one) > 0)))],
  };
};

export class EdgeSums {
  readonly #byBounds = new Map<string, BoundSums>();

  /** @param bounds as JSON */
  addBytes(bytes: Uint8Array, bounds: string): void {
    const sums = this.#like(bounds);
    let id = 0;
    for (const reader = new Reader(zstdDecompressSync(bytes)); !reader.ended; ) {
      id += reader.whole();
      reader.addSparse(reader.whole() + reader.at, sums.row(id));
    }
  }

  edges(): readonly NumberedEdge[] {
    const all = [...this.#byBounds.values()];
    const ids = new Set(all.flatMap((sums) => [...sums.ids()]));
    const [only] = all;
    if (only && all.length === 1) return [...ids].map((id) => ({ id, counts: only.counts(id) }));
    return [...ids].map((id) => ({ id, counts: joined(all.map((sums) => sums.counts(id))) }));
  }

  #like(bounds: string): BoundSums {
    const sums = this.#byBounds.get(bounds) ?? new BoundSums(JSON.parse(bounds) as number[]);
    this.#byBounds.set(bounds, sums);
    return sums;
  }
}

export interface EdgeBytes {
  /** JSON. */
  readonly bounds: string;
  readonly bytes: Buffer;
}

export const edgeBytes = (edges: readonly NumberedEdge[]): EdgeBytes => {
  const histograms = edges.map(({ counts }) => mergeHistograms(counts.durations));
  // Whoever had no requests has no buckets.
  const { bounds } = mergeHistograms(histograms.filter((one) => one.bounds.length > 0));
  const empty: Histogram = { bounds, counts: bounds.map(() => 0).concat(0), sum: 0 };
  const entries = edges.map(({ id, counts }, index) => {
    const own = histograms[index];
    const took = own && own.bounds.length > 0 ? mergeHistograms([own, empty]) : empty;
    return { id, values: [...fields.map((field) => counts[field]), ...took.counts, took.sum] };
  });
  let before = 0;
  for (const { id, values } of entries.sort((a, b) => a.id - b.id)) {
    entry.sparse(values.length, (index) => values[index] ?? 0);
    const bytes = entry.taken();
    writer.whole(id - before);
    writer.whole(bytes.length);
    writer.bytes(bytes);
    before = id;
  }
  return { bounds: JSON.stringify(bounds), bytes: zstdCompressSync(writer.taken()) };
};
