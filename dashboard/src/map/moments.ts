/** Moments of the stored past, in whole minutes as they are kept. */
import type { MeshChange } from '@weft/model';

export const minute = 60_000;

/** How far back the slider reaches; what is kept is kept for 30 days unless somebody says otherwise. */
export const reaches = { '1h': 3_600_000, '6h': 21_600_000, '24h': 86_400_000, '7d': 604_800_000, '30d': 2_592_000_000 } as const;

export type Reach = keyof typeof reaches;

export const reachNames = Object.keys(reaches) as Reach[];

/** The end of the minute that `time` is in: what was then is all of it. */
export const wholeMinute = (time: number): number => Math.ceil(time / minute) * minute;

/** The shortest reach that a moment is within, with the one that was chosen. */
export const reachFor = (chosen: Reach, at: number | undefined, now: number): Reach =>
  at === undefined || now - at <= reaches[chosen] ? chosen : (reachNames.find((name) => now - at <= reaches[name]) ?? '30d');

/** What changed next, as a moment at which its minute is over. @returns undefined: nothing did */
export const changeBeside = (changes: readonly MeshChange[], at: number, way: -1 | 1): number | undefined => {
  const moments = changes.map((change) => wholeMinute(change.at + 1));
  return way < 0 ? moments.findLast((one) => one < at) : moments.find((one) => one > at);
};
