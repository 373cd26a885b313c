/** Chunks in the file: written once for each step, summed up to longer steps, and forgotten. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Catalogue } from './catalogue.ts';
import type { Pending } from './pending.ts';
import type { Shard } from './shard.ts';
import { addChunk, emptySums, toBytes } from './sums.ts';
import { piecesOf, startOf, tiers } from './tiers.ts';

/** Where a chunk is: the index of its tier, and the start of its step. */
interface Spot {
  readonly tier: number;
  readonly at: number;
}

/** How far a tier reaches: whole steps until `summed`, and back until `kept`. */
export interface Reach {
  readonly summed: number;
  readonly kept: number;
}

const stepOf = (tier: number): number => tiers[tier]?.step ?? 0;

export class Chunks {
  readonly #db: DatabaseSync;
  readonly #catalogue: Catalogue;
  readonly #find: StatementSync;
  readonly #put: StatementSync;
  readonly #inStep: StatementSync;
  readonly #note: StatementSync;
  readonly #look: StatementSync;

  constructor(db: DatabaseSync, catalogue: Catalogue) {
    this.#db = db;
    this.#catalogue = catalogue;
    this.#find = db.prepare('SELECT bytes FROM chunk WHERE step = ? AND at = ? AND shard = ?');
    this.#put = db.prepare('INSERT OR REPLACE INTO chunk (step, at, shard, bytes) VALUES (?, ?, ?, ?)');
    this.#inStep = db.prepare('SELECT bytes FROM chunk WHERE step = ? AND shard = ? AND at >= ? AND at < ? ORDER BY at');
    this.#look = db.prepare('INSERT OR REPLACE INTO look (step, at, looked) VALUES (?, ?, 1)');
    this.#note = db.prepare('INSERT OR IGNORE INTO look (step, at, looked) VALUES (?, ?, 0)');
  }

  /** Each tier's; the shortest steps are never summed up of others. */
  reach(): readonly Reach[] {
    const rows = new Map(
      this.#db
        .prepare('SELECT step, summed, kept FROM tier')
        .all()
        .map((row) => [Number(row['step']), row]),
    );
    return tiers.map(({ step }) => {
      const row = rows.get(step);
      return { summed: Number(row?.['summed'] ?? 0), kept: Number(row?.['kept'] ?? 0) };
    });
  }

  /** Evenly over its time. */
  write({ from, to, sums }: Pending, reach: readonly Reach[]): void {
    const share = (at: number): number => (at - from) / (to - from);
    for (const { tier, at, length } of piecesOf(from, to)) {
      const part = { from: share(at), to: share(at + length) };
      this.#note.run(stepOf(tier), at);
      for (const [shard, values] of sums) this.#add({ tier, at }, shard, { bytes: toBytes(values, part), reach });
    }
  }

  look(at: number): void {
    this.#look.run(stepOf(0), at);
  }

  /** Sums up what is complete at `now`, a start of the shortest steps. */
  sumUp(now: number): void {
    const reach = this.reach();
    for (const [tier, { step }] of tiers.entries()) {
      const { summed, kept } = reach[tier] ?? { summed: 0, kept: 0 };
      const end = startOf(now, step);
      if (tier === 0 || end <= summed) continue;
      for (let at = this.#nextBelow(tier, summed); at < end; at = this.#nextBelow(tier, at + step)) this.#sumUpStep({ tier, at });
      this.#setReach(tier, { summed: end, kept });
    }
  }

  /** The first step that there is something to sum up in. */
  #nextBelow(tier: number, from: number): number {
    const at = this.#db.prepare('SELECT MIN(at) AS at FROM look WHERE step = ? AND at >= ?').get(stepOf(tier - 1), from)?.['at'];
    return typeof at === 'number' ? startOf(at, stepOf(tier)) : Number.POSITIVE_INFINITY;
  }

  /** Everything of a tier that is older. */
  forget(tier: number, before: number): void {
    const chunks = this.#db.prepare('DELETE FROM chunk WHERE step = ? AND shard = ? AND at < ?');
    for (const { id } of this.#catalogue.all()) chunks.run(stepOf(tier), id, before);
    this.#db.prepare('DELETE FROM look WHERE step = ? AND at < ?').run(stepOf(tier), before);
    this.#setReach(tier, { summed: this.reach()[tier]?.summed ?? 0, kept: before });
  }

  #setReach(tier: number, { summed, kept }: Reach): void {
    this.#db.prepare('INSERT OR REPLACE INTO tier (step, summed, kept) VALUES (?, ?, ?)').run(stepOf(tier), summed, kept);
  }

  /** To what is there. Where the longer step was summed up already it is added there too: what comes late must not be missing. */
  #add({ tier, at }: Spot, shard: Shard, { bytes, reach }: { readonly bytes: Buffer; readonly reach: readonly Reach[] }): void {
    const there = this.#find.get(stepOf(tier), at, shard.id);
    this.#put.run(stepOf(tier), at, shard.id, there ? this.#together(shard, [there['bytes'] as Uint8Array, bytes]) : bytes);
    const above = tiers[tier + 1];
    if (!above) return;
    const start = startOf(at, above.step);
    if (start + above.step <= (reach[tier + 1]?.summed ?? 0)) this.#add({ tier: tier + 1, at: start }, shard, { bytes, reach });
  }

  #together(shard: Shard, all: readonly Uint8Array[]): Buffer {
    const sums = emptySums(shard);
    for (const bytes of all) addChunk(sums, bytes);
    return toBytes(sums);
  }

  #sumUpStep({ tier, at }: Spot): void {
    const [below, step] = [stepOf(tier - 1), stepOf(tier)];
    for (const shard of this.#catalogue.all()) {
      const rows = this.#inStep.all(below, shard.id, at, at + step);
      if (rows.length === 0) continue;
      const there = this.#find.get(step, at, shard.id);
      const all = [...(there ? [there] : []), ...rows].map((row) => row['bytes'] as Uint8Array);
      this.#put.run(step, at, shard.id, this.#together(shard, all));
    }
    this.#note.run(step, at);
    const looked = this.#db
      .prepare('SELECT 1 FROM look WHERE step = ? AND at >= ? AND at < ? AND looked = 1 LIMIT 1')
      .get(below, at, at + step);
    if (looked) this.#look.run(step, at);
  }
}
