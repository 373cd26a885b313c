/** The last good keys of issuers, so that their tokens are accepted after a restart while they cannot be asked. */
import type { Database } from './database.ts';

export interface Kept {
  readonly keys: string;
  /** Unix milliseconds. */
  readonly fetchedAt: number;
}

export interface KeptKeys {
  /** @param source name of a source of keys */
  at(source: string): Kept | undefined;
  keep(source: string, kept: Kept): void;
  forget(source: string): void;
}

export const keysIn = ({ sql, transaction }: Database): KeptKeys => {
  const select = sql.prepare('SELECT keys, fetched FROM keys WHERE source = ?');
  const insert = sql.prepare('INSERT OR REPLACE INTO keys VALUES (?, ?, ?)');
  const remove = sql.prepare('DELETE FROM keys WHERE source = ?');
  return {
    at: (source) => {
      const row = select.get(source);
      return row && { keys: String(row.keys), fetchedAt: Number(row.fetched) };
    },
    keep: (source, { keys, fetchedAt }) => void transaction(() => insert.run(source, keys, fetchedAt)),
    forget: (source) => void transaction(() => remove.run(source)),
  };
};
