/**
 * Numbers of what many records of a part name alike: parties and shapes. Those that were looked up lately are remembered, since most records
 * name the same few.
 */
import type { SQLInputValue, StatementSync } from 'node:sqlite';
import type { Database } from '../../store/database.ts';

export interface Numbers {
  /** Within a transaction. */
  of(part: number, values: readonly SQLInputValue[]): number;
  /** What a transaction that failed has added is not there. */
  forget(): void;
}

/** Beyond that, all of them are looked up again. */
const remembered = 10_000;

interface Statements {
  readonly part: number;
  readonly find: StatementSync;
  readonly insert: StatementSync;
}

/** @param table of each part, without its number. @param columns beside the number, which together are unique */
export const numbersIn = ({ sql }: Database, table: string, columns: readonly string[]): Numbers => {
  const numbers = new Map<string, number>();
  let statements: Statements | undefined;

  const statementsOf = (part: number): Statements => {
    if (statements?.part === part) return statements;
    numbers.clear();
    const same = columns.map((column) => `${column} = ?`).join(' AND ');
    statements = {
      part,
      find: sql.prepare(`SELECT id FROM ${table}_${part} WHERE ${same}`),
      insert: sql.prepare(`INSERT INTO ${table}_${part} VALUES (NULL${', ?'.repeat(columns.length)})`),
    };
    return statements;
  };

  return {
    of: (part, values) => {
      const { find, insert } = statementsOf(part);
      const key = values.join('\0');
      const known = numbers.get(key);
      if (known !== undefined) return known;
      const number = Number(find.get(...values)?.['id'] ?? insert.run(...values).lastInsertRowid);
      if (numbers.size >= remembered) numbers.clear();
      numbers.set(key, number);
      return number;
    },
    forget: () => {
      numbers.clear();
      statements = undefined;
    },
  };
};
