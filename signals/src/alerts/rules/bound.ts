import type { Bound } from '@weft/model';
import type { Judgement } from '../state.ts';

const rounded = (value: number): number => (value >= 100 ? Math.round(value) : Number(value.toPrecision(3)));

/** @param value undefined where nothing is known */
export const judgedBy = ({ above, below }: Bound, value: number | undefined, words: (value: string) => string): Judgement => {
  if (value === undefined) return { holds: 'unknown', reason: 'nothing was counted' };
  const limit = above === undefined ? `limit is at least ${below}` : `limit ${above}`;
  const holds = above === undefined ? value < (below ?? 0) : value > above;
  return { holds, reason: `${words(String(rounded(value)))}; ${limit}` };
};
