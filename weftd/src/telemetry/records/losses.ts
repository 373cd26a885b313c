/** What was not kept, by reason: a record that is missing is at least known to be. */
import type { Family } from '@weft/signals';
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

const reasons = ['damaged', 'dropped'] as const;

/** @param losses undefined: nobody knows them right now */
export const lossMetrics = (losses: LossCounts | undefined): readonly Family[] => {
  if (!losses) return [];
  const name = 'weft_records_lost_total';
  const samples = reasons.map((reason) => ({ name, labels: { reason }, value: losses[reason] ?? 0 }));
  return [
    { name: 'weft_records_lost', type: 'counter', help: 'Records that were not kept: cut off, or dropped for want of room.', samples },
  ];
};
