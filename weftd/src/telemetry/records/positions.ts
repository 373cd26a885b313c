/** How far each file of a proxy was taken. It is written with the records themselves, so that what is sent again counts once. */
import type { Database } from '../../store/database.ts';

export interface Positions {
  /** Bytes of the file that were taken; 0 for one that is new. */
  of(file: string): number;
  /** Within a transaction. */
  set(file: string, position: number, now: number): void;
  /** Of files that nothing came from for so long: they are gone. */
  forget(before: number): void;
}

export const positionsIn = ({ sql }: Database): Positions => {
  const find = sql.prepare('SELECT position FROM positions WHERE file = ?');
  const put = sql.prepare('INSERT OR REPLACE INTO positions VALUES (?, ?, ?)');
  const erase = sql.prepare('DELETE FROM positions WHERE at < ?');
  return {
    of: (file) => Number(find.get(file)?.['position'] ?? 0),
    set: (file, position, now) => void put.run(file, position, now),
    forget: (before) => void erase.run(before),
  };
};
