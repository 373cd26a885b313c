/**
 * Opens SQLite so that what a committed transaction wrote survives `kill -9` and a power cut at any later point:
 * write-ahead log, and `synchronous = FULL`, which syncs the log at each commit (sqlite.org/pragma.html#pragma_synchronous;
 * NORMAL may lose the last commits in WAL mode).
 */
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { diskIsFull, isDiskFull } from '@weft/model';
import { reasonOf } from '../reason.ts';

export interface Database {
  readonly sql: DatabaseSync;
  /** All of `work` or nothing. Throws when the disk does not take it; then nothing was written. */
  transaction<Result>(work: () => Result): Result;
  close(): void;
}

/** A full disk in words that say what to do; anything else as the caller calls it. */
const failure = (path: string, cause: unknown, otherwise: string): Error =>
  new Error(isDiskFull(cause) ? diskIsFull(dirname(path)) : `${otherwise}: ${reasonOf(cause)}`, { cause });

const transactionOn =
  (sql: DatabaseSync, path: string) =>
  <Result>(work: () => Result): Result => {
    try {
      sql.exec('BEGIN IMMEDIATE');
      const result = work();
      sql.exec('COMMIT');
      return result;
    } catch (cause) {
      if (sql.isTransaction) sql.exec('ROLLBACK');
      throw failure(path, cause, 'the store took nothing');
    }
  };

const migrate = (database: Database, path: string, migrations: readonly string[]): void => {
  const version = Number(database.sql.prepare('PRAGMA user_version').get()?.user_version ?? 0);
  if (version > migrations.length) {
    throw new Error(`${path} was written by a newer weftd (schema ${version}, this one knows ${migrations.length})`);
  }
  if (version === migrations.length) return;
  database.transaction(() => {
    for (const step of migrations.slice(version)) database.sql.exec(step);
    database.sql.exec(`PRAGMA user_version = ${migrations.length}`);
  });
};

/**
 * The directory is made 0700 and the file 0600 before SQLite sees them: its log files inherit the file's mode.
 * @param migrations steps of the schema: a database at version n (`user_version`) gets every step after n
 */
export const openDatabase = (path: string, migrations: readonly string[]): Database => {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    closeSync(openSync(path, 'a', 0o600));
    const sql = new DatabaseSync(path);
    sql.exec('PRAGMA busy_timeout = 2000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    const database: Database = { sql, transaction: transactionOn(sql, path), close: () => sql.close() };
    migrate(database, path, migrations);
    return database;
  } catch (cause) {
    throw failure(path, cause, `cannot open the store ${path}`);
  }
};
