/** What is counted while records are added is kept by the minute for some hours, and the longer the coarser. */
import { type Question, routeStep } from '@weft/signals';
import { dayMs } from './parts.ts';
import { hourMs } from './route-sets.ts';

type TimeAsked = Pick<Question, 'from' | 'to' | 'step' | 'whole'>;

interface Tier {
  readonly step: number;
  readonly kept: number;
}

const minutes: Tier = { step: routeStep, kept: 6 * hourMs };
/** For budgets of up to a quarter of a year. */
export const hours: Tier = { step: hourMs, kept: 92 * dayMs };
export const tiers: readonly Tier[] = [minutes, { step: 5 * routeStep, kept: 3 * dayMs }, hours];

export interface Stretch {
  readonly step: number;
  readonly from: number;
  readonly to: number;
}

const stretch = (step: number, from: number, to: number): Stretch => ({ step, from: from - (from % step), to });

/** The longest steps that tell what is asked for: of all the time together hours, and shorter ones at its ends. */
export const stretchesOf = ({ from, to, step, whole }: TimeAsked, now: number): readonly Stretch[] => {
  const kept = tiers.filter((tier) => from >= now - tier.kept);
  const { step: shortest } = kept[0] ?? hours;
  if (!whole) return [stretch(kept.findLast((tier) => step % tier.step === 0)?.step ?? shortest, from, to)];
  const [first, last] = [Math.ceil(from / hourMs) * hourMs, Math.floor(to / hourMs) * hourMs];
  if (first >= last) return [stretch(shortest, from, to)];
  return [stretch(shortest, from, first), stretch(hourMs, first, last), stretch(shortest, last, to)].filter((one) => one.from < one.to);
};
