/** What was not kept, by reason: a record that is missing is at least known to be. */
import type { Database } from '../../store/database.ts';

export type LossCounts = Readonly<Record<string, number>>;

export interface Losses {
  /** Within a transaction. */
  add(losses: LossCounts): void;
  all(): LossCounts;
}

export const lossesIn = ({ sql }: Database): Losses => {
  const put = sql.prepare('INSERT INTO losses VALUES (?1, ?2) ON CONFLICT (reason) DO UPDATE SET count = count + ?2');
  const list = sql.prepare('SELECT reason, count FROM losses ORDER BY reason');
  return {
    add: (losses) => {
      for (const [reason, count] of Object.entries(losses)) if (count > 0) put.run(reason, count);
    },
    all: () => Object.fromEntries(list.all().map(({ reason, count }) => [String(reason), Number(count)])),
  };
};
