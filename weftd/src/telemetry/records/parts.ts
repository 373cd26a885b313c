/** The parts that records are kept in: which there are, where the next ones go, and which are forgotten. */
import type { Retention } from '@weft/model';
import type { Database } from '../../store/database.ts';
import { createPart, dropPart, partIndexes } from './schema.ts';

/** Of records, in Unix milliseconds. */
export interface Times {
  readonly first: number;
  readonly last: number;
}

export interface Part extends Times {
  readonly part: number;
  readonly day: number;
  readonly isIndexed: boolean;
}

export interface Parts {
  /** The newest first. */
  all(): readonly Part[];
  /** Where records of now go. Within a transaction. */
  current(now: number): number;
  /** Adds records to a part; `add` gives the times of the first and the last of them. Within a transaction. */
  fill(part: number, add: () => Times): void;
  /** Sorts the oldest part that is full and has an index less than it should; one of them each time, since records wait meanwhile. */
  indexNext(): void;
  /** Drops whole parts that are too old, and the oldest while all are too large. */
  forget(now: number): void;
  /** Bytes that are in use. */
  size(): number;
}

export const dayMs = 86_400_000;

/** Of a part before it is sorted: some hundred thousand records, but neither too many parts nor too much of all in one. */
const partBytes = ({ maxBytes }: Retention): number => Math.min(maxBytes / 8, Math.max(16 * 1024 ** 2, maxBytes / 1024));

interface Row extends Omit<Part, 'isIndexed'> {
  readonly pages: number;
  readonly indexes: number;
}

const indexCount = partIndexes(0).length;

/** @param retention as it is wanted now */
export const partsIn = ({ sql, transaction }: Database, retention: () => Retention): Parts => {
  const pageSize = Number(sql.prepare('PRAGMA page_size').get()?.['page_size']);
  const pageCount = sql.prepare('PRAGMA page_count');
  const freeCount = sql.prepare('PRAGMA freelist_count');
  const list = sql.prepare('SELECT part, day, first, last, pages, indexes FROM parts ORDER BY part DESC');
  const insert = sql.prepare('INSERT INTO parts VALUES (?, ?, 0, 0, 0, 0)');
  const widen = sql.prepare(
    'UPDATE parts SET first = CASE WHEN first = 0 THEN ?2 ELSE min(first, ?2) END, last = max(last, ?3), pages = pages + ?4 WHERE part = ?1',
  );
  const note = sql.prepare('UPDATE parts SET indexes = ? WHERE part = ?');
  const remove = sql.prepare('DELETE FROM parts WHERE part = ?');
  const pages = (): number => Number(pageCount.get()?.['page_count']) - Number(freeCount.get()?.['freelist_count']);
  const rows = (): readonly Row[] => list.all() as unknown as readonly Row[];

  const drop = ({ part }: Row): void =>
    transaction(() => {
      sql.exec(dropPart(part));
      remove.run(part);
    });

  return {
    all: () => rows().map(({ indexes, ...part }) => ({ ...part, isIndexed: indexes === indexCount })),
    current: (now) => {
      const [newest] = rows();
      const day = Math.floor(now / dayMs);
      const full = newest !== undefined && newest.pages * pageSize > partBytes(retention());
      if (newest && newest.day === day && !full) return newest.part;
      const part = (newest?.part ?? 0) + 1;
      sql.exec(createPart(part));
      insert.run(part, day);
      return part;
    },
    fill: (part, add) => {
      const before = pages();
      const { first, last } = add();
      widen.run(part, first, last, pages() - before);
    },
    indexNext: () => {
      const [, ...full] = rows();
      const next = full.findLast(({ indexes }) => indexes < indexCount);
      const statement = next && partIndexes(next.part)[next.indexes];
      if (!statement) return;
      transaction(() => {
        sql.exec(statement);
        note.run(next.indexes + 1, next.part);
      });
    },
    forget: (now) => {
      const { maxBytes, maxAgeMs } = retention();
      const [, ...former] = rows();
      for (const part of former.toReversed()) if (part.last < now - maxAgeMs || pages() * pageSize > maxBytes) drop(part);
    },
    size: () => pages() * pageSize,
  };
};
