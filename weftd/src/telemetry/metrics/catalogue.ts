/** Which series there are, and where each is kept. All of it is in memory; what is new goes to the file with the next commit. */
import type { DatabaseSync } from 'node:sqlite';
import type { Labels } from '@weft/signals';
import { LabelSets, ownCopy } from './label-sets.ts';
import { type Family, type Kind, placeOf, type Shard, shardSize } from './shard.ts';
import { everything, isIn, views } from './views.ts';

export interface Catalogue {
  readonly sets: LabelSets;
  /** Where a series with all its labels is kept; undefined where there are too many series already. */
  place(family: Family, set: number): number | undefined;
  shard(id: number): Shard | undefined;
  shards(view: number, metric: string, kind: Kind): readonly Shard[];
  all(): Iterable<Shard>;
  /** Writes what is new. */
  save(): void;
  readonly size: number;
}

/** Series of one family in one view. */
interface Shelf {
  readonly shards: Shard[];
  /** By the number of their labels. */
  readonly places: Map<number, number>;
}

/** A view with fewer labels that a shard is counted in. */
interface Above {
  readonly view: number;
  readonly shelf: Shelf;
  readonly restricted: (set: number) => number;
}

const keyOf = (view: number, { metric, kind, bounds }: Family): string => `${view} ${kind} ${metric} ${bounds.join()}`;

class Open implements Catalogue {
  readonly #db: DatabaseSync;
  readonly #limit: number;
  readonly sets = new LabelSets();
  readonly #shelves = new Map<string, Shelf>();
  readonly #shards = new Map<number, Shard>();
  readonly #unsaved: { readonly shards: Shard[]; readonly places: (readonly [shard: Shard, slot: number])[] } = { shards: [], places: [] };
  /** In the file, by the number in memory. */
  readonly #written: number[] = [];
  readonly #shelvesAbove = new WeakMap<Shard, readonly Above[]>();
  readonly #restrictions = views.flatMap((view) => (view.labels ? [{ view, restricted: this.sets.restriction(view.labels) }] : []));
  #nextLabels = 1;
  #nextShard = 1;
  size = 0;

  constructor(db: DatabaseSync, limit: number) {
    this.#db = db;
    this.#limit = limit;
    this.#load();
  }

  place(family: Family, set: number): number | undefined {
    const shelf = this.#shelf(everything, family);
    const known = shelf.places.get(set);
    if (known !== undefined) return known;
    if (this.size >= this.#limit) return undefined;
    const [shard, slot] = this.#put(shelf, set, { view: everything, family });
    this.#within(shard, slot);
    return placeOf(shard, slot);
  }

  shard(id: number): Shard | undefined {
    return this.#shards.get(id);
  }

  shards(view: number, metric: string, kind: Kind): readonly Shard[] {
    return [...this.#shards.values()].filter((shard) => shard.view === view && shard.metric === metric && shard.kind === kind);
  }

  all(): Iterable<Shard> {
    return this.#shards.values();
  }

  save(): void {
    const labels = this.#db.prepare('INSERT INTO labels (id, json) VALUES (?, ?)');
    const shards = this.#db.prepare('INSERT INTO shard (id, view, metric, kind, bounds) VALUES (?, ?, ?, ?, ?)');
    const series = this.#db.prepare('INSERT INTO series (shard, slot, labels) VALUES (?, ?, ?)');
    for (const { id, view, metric, kind, bounds } of this.#unsaved.shards.splice(0))
      shards.run(id, views[view]?.name ?? '', metric, kind, JSON.stringify(bounds));
    for (const [shard, slot] of this.#unsaved.places.splice(0)) {
      const set = shard.sets[slot] ?? 0;
      let written = this.#written[set];
      if (written === undefined) {
        written = this.#nextLabels;
        labels.run(written, JSON.stringify(this.sets.labels(set)));
        this.#learn(set, written);
      }
      series.run(shard.id, slot, written);
    }
  }

  #learn(set: number, written: number): void {
    this.#written[set] = written;
    this.#nextLabels = Math.max(this.#nextLabels, written + 1);
  }

  #shelf(view: number, family: Family): Shelf {
    const key = keyOf(view, family);
    const known = this.#shelves.get(key);
    if (known) return known;
    const made: Shelf = { shards: [], places: new Map() };
    this.#shelves.set(key, made);
    return made;
  }

  /** Where one that has all labels is counted in, in the views with fewer. */
  #within(shard: Shard, slot: number): void {
    for (const { view, shelf, restricted } of this.#above(shard)) {
      const set = restricted(shard.sets[slot] ?? 0);
      const place = shelf.places.get(set) ?? placeOf(...this.#put(shelf, set, { view, family: shard }));
      const places = shard.within[view] ?? [];
      shard.within[view] = places;
      places[slot] = place;
    }
  }

  #above(shard: Shard): readonly Above[] {
    const known = this.#shelvesAbove.get(shard);
    if (known) return known;
    const found = this.#restrictions.flatMap(({ view, restricted }): readonly Above[] =>
      isIn(view, shard.kind) ? [{ view: views.indexOf(view), shelf: this.#shelf(views.indexOf(view), shard), restricted }] : [],
    );
    this.#shelvesAbove.set(shard, found);
    return found;
  }

  #addShard(shelf: Shelf, shard: Shard): Shard {
    shelf.shards.push(shard);
    this.#shards.set(shard.id, shard);
    this.#nextShard = Math.max(this.#nextShard, shard.id + 1);
    return shard;
  }

  #put(shelf: Shelf, set: number, { view, family }: { readonly view: number; readonly family: Family }): readonly [Shard, number] {
    let shard = shelf.shards.at(-1);
    if (!shard || shard.sets.length === shardSize) {
      const { kind, bounds } = family;
      shard = this.#addShard(shelf, { id: this.#nextShard, view, metric: ownCopy(family.metric), kind, bounds, sets: [], within: [] });
      this.#unsaved.shards.push(shard);
    }
    const slot = this.#seat(shelf, shard, set);
    this.#unsaved.places.push([shard, slot]);
    return [shard, slot];
  }

  #seat(shelf: Shelf, shard: Shard, set: number): number {
    const slot = shard.sets.push(set) - 1;
    shelf.places.set(set, placeOf(shard, slot));
    this.size += 1;
    return slot;
  }

  #load(): void {
    // What nothing is kept of any more needs no name.
    this.#db.exec('DELETE FROM shard WHERE id NOT IN (SELECT shard FROM chunk)');
    this.#db.exec('DELETE FROM series WHERE shard NOT IN (SELECT id FROM shard)');
    this.#db.exec('DELETE FROM labels WHERE id NOT IN (SELECT labels FROM series)');
    const byId = new Map<number, number>();
    for (const { id, json } of this.#db.prepare('SELECT id, json FROM labels').iterate()) {
      const set = this.sets.of(JSON.parse(String(json)) as Labels);
      byId.set(Number(id), set);
      this.#learn(set, Number(id));
    }
    const shelves = new Map<number, Shelf>();
    for (const row of this.#db.prepare('SELECT id, view, metric, kind, bounds FROM shard ORDER BY id').iterate()) {
      const family = { metric: String(row['metric']), kind: row['kind'] as Kind, bounds: JSON.parse(String(row['bounds'])) as number[] };
      const view = views.findIndex(({ name }) => name === row['view']);
      const shelf = this.#shelf(view, family);
      shelves.set(Number(row['id']), shelf);
      this.#addShard(shelf, { id: Number(row['id']), view, ...family, sets: [], within: [] });
    }
    for (const row of this.#db.prepare('SELECT shard, slot, labels FROM series ORDER BY shard, slot').iterate()) {
      const id = Number(row['shard']);
      const [shard, shelf, set] = [this.#shards.get(id), shelves.get(id), byId.get(Number(row['labels']))];
      if (shard && shelf && set !== undefined) this.#seat(shelf, shard, set);
    }
    for (const shard of [...this.#shards.values()].filter(({ view }) => view === everything))
      for (const slot of shard.sets.keys()) this.#within(shard, slot);
  }
}

/** @param limit of series, over all views */
export const openCatalogue = (db: DatabaseSync, limit: number): Catalogue => new Open(db, limit);
