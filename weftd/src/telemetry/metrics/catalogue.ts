/** Which series there are, and where each is kept. All of it is in memory; what is new goes to the file with the next commit. */
import type { DatabaseSync } from 'node:sqlite';
import type { Labels } from '@weft/signals';
import { type Family, type Kind, type Place, type Shard, shardSize } from './shard.ts';
import { views } from './views.ts';

/** A series as a view has it; labels are shared ones. */
export interface Seen {
  /** Index in `views`. */
  readonly view: number;
  readonly labels: Labels;
}

export interface Catalogue {
  /** Where a series is kept, in each of the views; undefined where there are too many series already. */
  places(family: Family, seen: readonly Seen[]): readonly Place[] | undefined;
  /** The same labels as one object, whoever has them. */
  shared(labels: Labels): Labels;
  shards(view: number, metric: string, kind: Kind): readonly Shard[];
  all(): Iterable<Shard>;
  /** Writes what is new. */
  save(): void;
  readonly size: number;
}

/** Of the values as they are sorted: equal labels are equal texts. */
const textOf = (labels: Labels): string => JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));

/** Series of one family in one view. */
interface Shelf {
  readonly shards: Shard[];
  readonly places: Map<Labels, Place>;
  /** Places in all views, by the labels in the last one: many pods share them. */
  readonly together: Map<Labels, readonly Place[]>;
}

const keyOf = (view: number, { metric, kind, bounds }: Family): string => `${view} ${kind} ${metric} ${bounds.join()}`;

class Open implements Catalogue {
  readonly #db: DatabaseSync;
  readonly #limit: number;
  readonly #ids = new Map<Labels, number>();
  readonly #texts = new Map<string, Labels>();
  readonly #shelves = new Map<string, Shelf>();
  readonly #shards = new Map<number, Shard>();
  readonly #unsaved: { readonly labels: Labels[]; readonly shards: Shard[]; readonly places: Place[] } = {
    labels: [],
    shards: [],
    places: [],
  };
  #nextLabels = 1;
  #nextShard = 1;
  size = 0;

  constructor(db: DatabaseSync, limit: number) {
    this.#db = db;
    this.#limit = limit;
    this.#load();
  }

  shared(labels: Labels): Labels {
    const text = textOf(labels);
    const known = this.#texts.get(text);
    if (known) return known;
    this.#learn(text, labels, this.#nextLabels);
    this.#unsaved.labels.push(labels);
    return labels;
  }

  places(family: Family, seen: readonly Seen[]): readonly Place[] | undefined {
    const last = seen.at(-1);
    const together = last && this.#shelf(last.view, family).together;
    const known = last && together?.get(last.labels);
    if (known) return known;
    const shelved = seen.map(({ view, labels }) => ({ view, labels, shelf: this.#shelf(view, family) }));
    if (this.size >= this.#limit && shelved.some(({ shelf, labels }) => !shelf.places.has(labels))) return undefined;
    const places = shelved.map(({ shelf, labels, view }) => shelf.places.get(labels) ?? this.#put(shelf, labels, { view, family }));
    if (last) together?.set(last.labels, places);
    return places;
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
    for (const one of this.#unsaved.labels.splice(0)) labels.run(this.#ids.get(one) ?? 0, JSON.stringify(one));
    for (const { id, view, metric, kind, bounds } of this.#unsaved.shards.splice(0))
      shards.run(id, views[view]?.name ?? '', metric, kind, JSON.stringify(bounds));
    for (const { shard, slot } of this.#unsaved.places.splice(0))
      series.run(shard.id, slot, this.#ids.get(shard.labels[slot] as Labels) ?? 0);
  }

  #learn(text: string, labels: Labels, id: number): void {
    this.#texts.set(text, labels);
    this.#ids.set(labels, id);
    this.#nextLabels = Math.max(this.#nextLabels, id + 1);
  }

  #shelf(view: number, family: Family): Shelf {
    const key = keyOf(view, family);
    const known = this.#shelves.get(key);
    if (known) return known;
    const made: Shelf = { shards: [], places: new Map(), together: new Map() };
    this.#shelves.set(key, made);
    return made;
  }

  #addShard(shelf: Shelf, shard: Shard): Shard {
    shelf.shards.push(shard);
    this.#shards.set(shard.id, shard);
    this.#nextShard = Math.max(this.#nextShard, shard.id + 1);
    return shard;
  }

  #put(shelf: Shelf, labels: Labels, { view, family }: { readonly view: number; readonly family: Family }): Place {
    let shard = shelf.shards.at(-1);
    if (!shard || shard.labels.length === shardSize) {
      const { kind, bounds } = family;
      // A piece of a page would keep the whole page in memory.
      const metric = Buffer.from(family.metric).toString();
      shard = this.#addShard(shelf, { id: this.#nextShard, view, metric, kind, bounds, labels: [] });
      this.#unsaved.shards.push(shard);
    }
    const place = { shard, slot: shard.labels.push(labels) - 1 };
    this.#unsaved.places.push(place);
    shelf.places.set(labels, place);
    this.size += 1;
    return place;
  }

  #load(): void {
    // What nothing is kept of any more needs no name.
    this.#db.exec('DELETE FROM shard WHERE id NOT IN (SELECT shard FROM chunk)');
    this.#db.exec('DELETE FROM series WHERE shard NOT IN (SELECT id FROM shard)');
    this.#db.exec('DELETE FROM labels WHERE id NOT IN (SELECT labels FROM series)');
    const byId = new Map<number, Labels>();
    for (const { id, json } of this.#db.prepare('SELECT id, json FROM labels').iterate()) {
      const labels = JSON.parse(String(json)) as Labels;
      byId.set(Number(id), labels);
      this.#learn(textOf(labels), labels, Number(id));
    }
    for (const row of this.#db.prepare('SELECT id, view, metric, kind, bounds FROM shard ORDER BY id').iterate()) {
      const family = { metric: String(row['metric']), kind: row['kind'] as Kind, bounds: JSON.parse(String(row['bounds'])) as number[] };
      const view = views.findIndex(({ name }) => name === row['view']);
      this.#addShard(this.#shelf(view, family), { id: Number(row['id']), view, ...family, labels: [] });
    }
    for (const row of this.#db.prepare('SELECT shard, slot, labels FROM series ORDER BY shard, slot').iterate()) {
      const [shard, labels] = [this.#shards.get(Number(row['shard'])), byId.get(Number(row['labels']))];
      if (!shard || !labels) continue;
      const slot = shard.labels.push(labels) - 1;
      this.#shelf(shard.view, shard).places.set(labels, { shard, slot });
      this.size += 1;
    }
  }
}

/** @param limit of series, over all views */
export const openCatalogue = (db: DatabaseSync, limit: number): Catalogue => new Open(db, limit);
