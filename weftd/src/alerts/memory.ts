/** What alerts go by and must outlive weftd: the book of who was told what, and what objectives counted, longer than metrics are kept. */
import type { Book, Count } from '@weft/signals';
import { emptyBook } from '@weft/signals';
import { openDatabase } from '../store/database.ts';

/** Steps are never edited once they were released; a change is a new step. */
const migrations: readonly string[] = [
  `
  CREATE TABLE book (id INTEGER PRIMARY KEY CHECK (id = 1), book TEXT NOT NULL) STRICT;
  CREATE TABLE counts (
    objective TEXT NOT NULL, at INTEGER NOT NULL, good REAL NOT NULL, total REAL NOT NULL, PRIMARY KEY (objective, at)
  ) STRICT, WITHOUT ROWID;
  `,
];

export interface Memory {
  book(): Book;
  /** On disk when it returns. */
  keepBook(book: Book): void;
  /** In the order of time. */
  counts(objective: string): readonly Count[];
  keepCounts(objective: string, counts: readonly Count[]): void;
  /** @param objective whose counts before `until` are wanted no more */
  forgetCounts(objective: string, until: number): void;
  /** Of all others nothing is kept. */
  keepOnly(objectives: readonly string[]): void;
  close(): void;
}

export const openMemory = (path: string): Memory => {
  const { sql, transaction, close } = openDatabase(path, migrations);
  const putBook = sql.prepare('INSERT OR REPLACE INTO book VALUES (1, ?)');
  const putCount = sql.prepare('INSERT OR REPLACE INTO counts VALUES (?, ?, ?, ?)');
  const forget = sql.prepare('DELETE FROM counts WHERE objective = ? AND at < ?');
  const erase = sql.prepare('DELETE FROM counts WHERE objective NOT IN (SELECT value FROM json_each(?))');
  return {
    book: () => {
      const row = sql.prepare('SELECT book FROM book').get();
      return row ? (JSON.parse(String(row['book'])) as Book) : emptyBook;
    },
    keepBook: (book) => transaction(() => void putBook.run(JSON.stringify(book))),
    counts: (objective) =>
      sql
        .prepare('SELECT at, good, total FROM counts WHERE objective = ? ORDER BY at')
        .all(objective)
        .map((row) => ({ at: Number(row['at']), good: Number(row['good']), total: Number(row['total']) })),
    keepCounts: (objective, counts) =>
      transaction(() => {
        for (const { at, good, total } of counts) putCount.run(objective, at, good, total);
      }),
    forgetCounts: (objective, until) => transaction(() => void forget.run(objective, until)),
    keepOnly: (objectives) => transaction(() => void erase.run(JSON.stringify(objectives))),
    close,
  };
};
