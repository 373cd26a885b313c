/**
 * Past topology: for each minute who talked to whom, how much and how well, so compact that weeks of it stay. Longer steps are the minutes'
 * sums, so that a question about a day reads some dozens of rows, not some thousand.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { Retention } from '@weft/model';
import { type CountedEdge, countedEdges, type Labels, protectionAsked, trafficAsked } from '@weft/signals';
import type { Kept } from './ask.ts';
import { EdgeSums, edgeBytes, joined, type NumberedEdge } from './edge-sums.ts';
import { observeKept } from './observe.ts';
import { shortest, startOf } from './tiers.ts';

const minute = 60_000;
const day = 86_400_000;
/** Each is a multiple of the one before. */
const steps = [minute, 10 * minute, 60 * minute, day] as const;
/** What is not there any more is told for so long. */
const vanishing = day;
/** Who is quiet for less is not gone. */
const quiet = 10 * minute;

export interface GoneEdge {
  readonly labels: Labels;
  readonly last: number;
}

export interface KeptEdges {
  readonly edges: readonly CountedEdge[];
  readonly revisions: readonly number[];
  readonly vanished: readonly GoneEdge[];
  /** Of the oldest minute; absent while there is none. */
  readonly since?: number;
  /** Until when they are counted: the end of the last look, or of what was asked for. */
  readonly until: number;
}

const isActive = ({ counts }: CountedEdge): boolean => counts.requests + counts.opened + counts.received + counts.sent > 0;

/** From stored chunks, as anybody would ask. */
const counted = (kept: Kept, from: number, to: number): readonly CountedEdge[] => {
  const span = { from, to, step: to - from > minute ? 10_000 : minute, whole: true };
  const [traffic, protection] = [observeKept(kept, trafficAsked(span)), observeKept(kept, protectionAsked(span))];
  return countedEdges(traffic, protection).filter(isActive);
};

export class TopologyTable {
  readonly #db: DatabaseSync;
  readonly #names = new Map<number, Labels>();

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /** Minutes that are over, within a commit. */
  record(kept: Kept, { complete, revision }: { readonly complete: number; readonly revision: number }): void {
    const minutes = this.#db.prepare('SELECT at FROM look WHERE step = ? AND at >= ? AND at + ? <= ? ORDER BY at');
    for (const row of minutes.all(minute, this.#end(minute), minute, complete)) {
      const at = Number(row['at']);
      const edges = counted(kept, at, at + minute).map(({ labels, counts }) => ({ id: this.#seen(labels, at), counts }));
      this.#write({ step: minute, at }, edges, revision);
    }
    for (const [index, step] of steps.entries()) {
      const below = steps[index - 1];
      if (below !== undefined) this.#sumUp({ step, below }, complete);
    }
  }

  edges(kept: Kept, from: number, to: number): KeptEdges {
    const first = startOf(from, minute);
    const past = this.#past(first, to).map(({ id, counts }): CountedEdge => ({ labels: this.#labels(id), counts }));
    // The minute that is not over yet.
    const open = Math.max(first, this.#next());
    const now = to > open && open > to - 10 * minute ? counted(kept, open, to) : [];
    const byEdge = Map.groupBy([...past, ...now], ({ labels }) => JSON.stringify(labels));
    const edges = [...byEdge.values()].map((same) => ({ labels: same[0]?.labels ?? {}, counts: joined(same.map(({ counts }) => counts)) }));
    const revisions = this.#db.prepare(
      'SELECT revision, MIN(at) FROM topology INDEXED BY topology_of WHERE step = ? AND at >= ? AND at < ? GROUP BY revision ORDER BY 2',
    );
    const since = this.#since();
    return {
      edges,
      ...(since > 0 && { since }),
      until: Math.min(to, this.#lastLook() ?? to),
      revisions: revisions.all(minute, first, to).map(({ revision }) => Number(revision)),
      vanished: this.#vanished(first, to).filter(({ labels }) => !byEdge.has(JSON.stringify(labels))),
    };
  }

  /** What is too old, or more than there is room for. */
  forget(now: number, { maxBytes, maxAgeMs }: Retention): void {
    const erase = this.#db.prepare('DELETE FROM topology WHERE at + step <= ?');
    erase.run(now - maxAgeMs);
    const size = Number(this.#db.prepare('SELECT SUM(size) AS size FROM topology INDEXED BY topology_of').get()?.['size'] ?? 0);
    if (size > maxBytes) {
      const { first, last } =
        this.#db.prepare('SELECT MIN(at) AS first, MAX(at) AS last FROM topology INDEXED BY topology_of WHERE step = ?').get(minute) ?? {};
      // A little more than is too much, so that it is not done each time.
      erase.run(Math.ceil(Number(first) + (Number(last) - Number(first)) * Math.min(1, 1.05 - maxBytes / size)));
    }
    const oldest = Number(this.#db.prepare('SELECT MIN(at) AS at FROM topology WHERE step = ?').get(minute)?.['at'] ?? now);
    this.#db.prepare('DELETE FROM edge WHERE last < ?').run(oldest);
    this.#db.prepare('DELETE FROM absence WHERE last < ?').run(oldest);
    this.#names.clear();
  }

  /** The first minute that is not recorded; of a store that has none yet, the one in which somebody first looked. */
  #next(): number {
    const end = this.#end(minute);
    return end > 0 ? end : startOf(Number(this.#db.prepare('SELECT MIN(at) AS first FROM look').get()?.['first'] ?? 0), minute);
  }

  #since(): number {
    const first = this.#db.prepare('SELECT MIN(at) AS at FROM topology INDEXED BY topology_of WHERE step = ?').get(minute)?.['at'];
    return typeof first === 'number' ? first : this.#next();
  }

  /** The end of it. */
  #lastLook(): number | undefined {
    const last = this.#db.prepare('SELECT at FROM look WHERE step = ? AND looked = 1 ORDER BY at DESC LIMIT 1').get(shortest.step)?.['at'];
    return typeof last === 'number' ? last + shortest.step : undefined;
  }

  /** Of the rows of this step: where the last one ends. */
  #end(step: number): number {
    const last = this.#db.prepare('SELECT MAX(at) AS last FROM topology WHERE step = ?').get(step)?.['last'];
    return typeof last === 'number' ? last + step : 0;
  }

  /** From the longest steps that are within, and for the ends from shorter ones. */
  #past(from: number, to: number): readonly NumberedEdge[] {
    const rows = this.#db.prepare('SELECT bounds, bytes FROM topology WHERE step = ? AND at >= ? AND at < ?');
    const sums = new EdgeSums();
    const add = (start: number, end: number, index: number): void => {
      const step = steps[index];
      if (step === undefined || start >= end) return;
      const first = Math.ceil(start / step) * step;
      const last = step === minute ? end : Math.min(startOf(end, step), this.#end(step));
      if (first >= last) {
        add(start, end, index - 1);
        return;
      }
      add(start, first, index - 1);
      for (const { bounds, bytes } of rows.iterate(step, first, last)) sums.addBytes(bytes as Uint8Array, String(bounds));
      add(last, end, index - 1);
    };
    add(from, to, steps.length - 1);
    return sums.edges();
  }

  #sumUp({ step, below }: { readonly step: number; readonly below: number }, complete: number): void {
    const next = this.#db.prepare('SELECT MIN(at) AS at FROM topology WHERE step = ? AND at >= ?');
    const rows = this.#db.prepare('SELECT revision, bounds, bytes FROM topology WHERE step = ? AND at >= ? AND at < ? ORDER BY at');
    for (let from = this.#end(step); ; from += step) {
      const found = next.get(below, from)?.['at'];
      if (typeof found !== 'number') return;
      from = startOf(found, step);
      if (from + step > complete) return;
      const sums = new EdgeSums();
      let revision = 0;
      for (const row of rows.iterate(below, from, from + step)) {
        sums.addBytes(row['bytes'] as Uint8Array, String(row['bounds']));
        revision = Number(row['revision']);
      }
      this.#write({ step, at: from }, sums.edges(), revision);
    }
  }

  #labels(id: number): Labels {
    const known = this.#names.get(id);
    if (known) return known;
    const text = this.#db.prepare('SELECT labels FROM edge WHERE id = ?').get(id)?.['labels'];
    const labels = JSON.parse(String(text ?? '{}')) as Labels;
    this.#names.set(id, labels);
    return labels;
  }

  /** Seen before `from`, but not since, or not before `to`. */
  #vanished(from: number, to: number): readonly GoneEdge[] {
    const gone = this.#db.prepare(
      `SELECT labels, last FROM edge WHERE last < ?1 AND last >= ?2
       UNION ALL SELECT labels, absence.last FROM absence JOIN edge ON edge.id = absence.edge
       WHERE absence.last < ?1 AND absence.last >= ?2 AND back >= ?3`,
    );
    return gone
      .all(from, from - vanishing, to)
      .map(({ labels, last }) => ({ labels: JSON.parse(String(labels)) as Labels, last: Number(last) }));
  }

  /** @returns its number */
  #seen(labels: Labels, at: number): number {
    const text = JSON.stringify(labels);
    const known = this.#db.prepare('SELECT id, last FROM edge WHERE labels = ?').get(text);
    if (!known) return Number(this.#db.prepare('INSERT INTO edge (labels, last) VALUES (?, ?)').run(text, at).lastInsertRowid);
    const [id, last] = [Number(known['id']), Number(known['last'])];
    if (at - last > quiet) this.#db.prepare('INSERT OR REPLACE INTO absence (edge, last, back) VALUES (?, ?, ?)').run(id, last, at);
    this.#db.prepare('UPDATE edge SET last = ? WHERE id = ?').run(Math.max(at, last), id);
    return id;
  }

  #write({ step, at }: { readonly step: number; readonly at: number }, edges: readonly NumberedEdge[], revision: number): void {
    const { bounds, bytes } = edgeBytes(edges);
    this.#db
      .prepare('INSERT INTO topology (step, at, revision, size, bounds, bytes) VALUES (?, ?, ?, ?, ?, ?)')
      .run(step, at, revision, bytes.length, bounds, bytes);
  }
}
