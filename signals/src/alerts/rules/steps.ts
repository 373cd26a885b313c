/** Looking back from now in steps that are fine enough for a window. */
import type { Answered, SeriesGroup } from '../../query.ts';
import type { Amount, Measured } from '../../series/steps.ts';
import type { Watch } from './watch.ts';

/** So many windows back somebody is remembered who says nothing now: it is then that what an alert was about is told to be over. */
export const remembered = 12;

/** Proxies are asked at the end of each. */
export const shortestStep = 10_000;

/** So long after a step's end all that was counted in it is there. */
const roundMs = 5000;

/** Windows end here: what is newer is not counted yet, and would look like silence. */
export const settled = (now: number): number => {
  const known = now - roundMs;
  return known - (known % shortestStep);
};

const lengths = [60_000, 30_000];

/** Routes are counted by the minute. */
const routeStep = 60_000;

/** The longest of which a window has five. */
export const stepFor = ({ window, subject }: Pick<Watch, 'window' | 'subject'>): number =>
  subject.route === undefined ? (lengths.find((length) => length * 5 <= window) ?? shortestStep) : routeStep;

export interface LookBack {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

/** Whole steps, so that the window is a little longer rather than shorter than it was written. */
export const lookBack = (watch: Watch, now: number, windows: number = remembered): LookBack => {
  const { window } = watch;
  const step = stepFor(watch);
  const from = now - windows * window;
  return { from: from - (from % step), to: now, step };
};

/** Of a group, the steps that the last window has. */
export const lastOf = <Value extends Measured>({ steps }: SeriesGroup<Value>, watch: Watch, now: number) => {
  const { from } = lookBack(watch, now, 1);
  return steps.filter(({ at }) => at >= from);
};

export const sumOf = (steps: readonly { readonly value: Amount }[]): number => steps.reduce((sum, { value }) => sum + value.amount, 0);

/** Nobody looked in the whole window: that nothing was counted means nothing. */
export const isBlind = ({ gaps, step }: Answered<Measured>, { window }: Pick<Watch, 'window'>, now: number): boolean =>
  gaps.filter((at) => at > now - window - step).length * step >= window;
