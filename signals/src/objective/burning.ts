/** Conditions on how fast a budget burns: over a long window, so that it matters, and a short one, so that it is still so. */
import { periodText } from '@weft/model';
import { burnRate } from './budget.ts';
import type { Count } from './events.ts';
import type { BurnRate, Objective } from './objective.ts';

export interface Burning {
  readonly condition: BurnRate;
  readonly long: number | undefined;
  readonly short: number | undefined;
  /** Undefined where nothing was counted in one of the windows. */
  readonly holds: boolean | undefined;
  readonly reason: string;
}

const times = (rate: number | undefined): string => (rate === undefined ? 'unknown' : `${Math.round(rate * 10) / 10}×`);

const burningAt =
  (objective: Objective, counts: readonly Count[], now: number) =>
  (condition: BurnRate): Burning => {
    const over = (length: number): number | undefined => burnRate(objective, counts, { from: now - length, to: now });
    const [long, short] = [over(condition.long), over(condition.short)];
    // Rates are quotients: what was set as 14.4 may come out a crumb less.
    const exceeds = (rate: number): boolean => rate > condition.factor * (1 + 1e-9);
    const holds = long === undefined || short === undefined ? undefined : exceeds(long) && exceeds(short);
    const windows = `${times(long)} over ${periodText(condition.long)}, ${times(short)} over ${periodText(condition.short)}`;
    return { condition, long, short, holds, reason: `budget burns ${windows}; limit ${condition.factor}×` };
  };

/** Every condition of an objective, in its own order. */
export const burning = (objective: Objective, counts: readonly Count[], now: number): readonly Burning[] =>
  objective.burnRates.map(burningAt(objective, counts, now));
