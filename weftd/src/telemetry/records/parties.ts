/** Numbers of the parties of each part. Those that were looked up lately are remembered, since most records name the same few. */
import type { StatementSync } from 'node:sqlite';
import type { Database } from '../../store/database.ts';
import type { PartyRow } from './rows.ts';
import { partyColumns } from './schema.ts';

export interface Parties {
  /** Within a transaction. */
  numberOf(part: number, party: PartyRow): number;
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

export const partiesIn = ({ sql }: Database): Parties => {
  const numbers = new Map<string, number>();
  let statements: Statements | undefined;

  const statementsOf = (part: number): Statements => {
    if (statements?.part === part) return statements;
    numbers.clear();
    const same = partyColumns.map((column) => `${column} = ?`).join(' AND ');
    statements = {
      part,
      find: sql.prepare(`SELECT id FROM parties_${part} WHERE ${same}`),
      insert: sql.prepare(`INSERT INTO parties_${part} VALUES (NULL${', ?'.repeat(partyColumns.length)})`),
    };
    return statements;
  };

  return {
    numberOf: (part, party) => {
      const { find, insert } = statementsOf(part);
      const values = partyColumns.map((column) => party[column]);
      const key = values.join('\0');
      const known = numbers.get(key);
      if (known !== undefined) return known;
      const number = Number(find.get(...values)?.['id'] ?? insert.run(...values).lastInsertRowid);
      if (numbers.size >= remembered) numbers.clear();
      numbers.set(key, number);
      return number;
    },
    forget: () => numbers.clear(),
  };
};
