import type { RecordsState } from '@weft/model';

/** A record that is not there may be one of those that could not be kept. Empty where all were. */
export const lossText = ({ losses }: RecordsState): string => {
  const counts = Object.entries(losses).map(([reason, count]) => `${count} ${reason}`);
  return counts.length === 0 ? '' : `records that were not kept, since ever: ${counts.join(', ')}`;
};
