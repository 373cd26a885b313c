/** A table of names and values that is small enough to be held in memory too. */
import type { SQLInputValue, SQLOutputValue } from 'node:sqlite';
import type { Database } from './database.ts';

export interface Table<Value> {
  /** By name; as it was read or replaced last. */
  all(): ReadonlyMap<string, Value>;
  /**
   * Replaces the whole; only differences are written, and a value that is the same object is none. Durable when it returns.
   * @param also is done in the same transaction
   */
  replace(next: ReadonlyMap<string, Value>, also?: () => void): void;
}

/** How a value stands in columns. */
export interface Columns<Value> {
  read(...columns: readonly SQLOutputValue[]): Value;
  write(value: Value): readonly SQLInputValue[];
}

/** In a single column. */
export const asJson = <Value>(): Columns<Value> => ({
  read: (text) => JSON.parse(String(text)) as Value,
  write: (value) => [JSON.stringify(value)],
});

/** @param name of the table. @param columns of it: that of the name, then those of a value, in the order in which `write` gives them */
export const tableIn = <Value>(
  { sql, transaction }: Database,
  name: string,
  [key, ...columns]: readonly [string, ...string[]],
  { read, write }: Columns<Value>,
): Table<Value> => {
  const put = sql.prepare(`INSERT OR REPLACE INTO ${name} VALUES (?${', ?'.repeat(columns.length)})`);
  const erase = sql.prepare(`DELETE FROM ${name} WHERE ${key} = ?`);
  let kept: ReadonlyMap<string, Value> = new Map(
    sql
      .prepare(`SELECT * FROM ${name}`)
      .all()
      .map((row) => [String(row[key]), read(...columns.map((column) => row[column] ?? null))]),
  );
  return {
    all: () => kept,
    replace: (next, also) => {
      if (next === kept && !also) return;
      transaction(() => {
        for (const [one, value] of next) if (kept.get(one) !== value) put.run(one, ...write(value));
        for (const one of kept.keys()) if (!next.has(one)) erase.run(one);
        also?.();
      });
      kept = next;
    },
  };
};
