/** A proxy's page → by how much its series grew since it was read before. */
import { isGap, type PageSeries, readPage, type WorkloadLabels } from '@weft/signals';
import type { Catalogue } from './catalogue.ts';
import type { Names } from './names.ts';
import { type Stretch, stretchOf, type Waiting } from './pending.ts';
import { afresh, notKept, Standing, type Target, type Targets, textOf, unknown } from './targets.ts';
import { tiers } from './tiers.ts';

/** What a proxy said at one moment. */
export interface Reading {
  /** The same for as long as the proxy lives. */
  readonly target: string;
  readonly own: WorkloadLabels;
  /** Unix milliseconds: when it was read, and when its process began to count. */
  readonly at: number;
  readonly started: number;
  /** `/stats/prometheus`. */
  readonly page: string;
}

export interface Memory {
  readonly catalogue: Catalogue;
  readonly targets: Targets;
  readonly waiting: Waiting;
  readonly names: Names;
}

const looks = { interval: tiers[0]?.step ?? 0 };

/** @returns whether it is smaller than it was: the proxy dropped it while nobody called, and began anew [E41] */
const isReset = (values: ArrayLike<number>, { before, offset }: { readonly before: Float64Array; readonly offset: number }): boolean => {
  // The last is a histogram's sum, which Envoy only guesses.
  const counts = values.length === 1 ? 1 : values.length - 1;
  for (let index = 0; index < counts; index += 1) if ((values[index] ?? 0) < (before[offset + index] ?? 0)) return true;
  return false;
};

interface Growth {
  readonly values: number[];
  readonly reset: boolean;
}

/** Remembers what it stands at. @returns undefined where it did not grow */
const grown = (before: Float64Array, offset: number, { values }: PageSeries): Growth | undefined => {
  const reset = isReset(values, { before, offset });
  const increase: number[] = [];
  let isGrown = false;
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] ?? 0;
    const more = Math.max(0, reset ? value : value - (before[offset + index] ?? 0));
    if (more > 0) isGrown = true;
    increase.push(more);
    before[offset + index] = value;
  }
  return isGrown ? { values: increase, reset } : undefined;
};

/** How the last reading of a target bears on this one. */
interface Since {
  /** Undefined: how much of it is new nobody knows. */
  readonly before: number | undefined;
  readonly gap: boolean;
}

const sinceOf = (target: Target, { at, started }: Reading, watching: number): Since => {
  if (target.at === 0) return { before: started >= watching ? started : undefined, gap: false };
  const restarted = started !== target.started;
  return { before: target.at, gap: restarted || isGap(target.at, at, looks) };
};

/** What its process before has counted is gone with it, and how much that was since it was read last nobody knows. */
const begun = (target: Target, { waiting, stretch }: { readonly waiting: Waiting; readonly stretch: Stretch }): Standing => {
  for (const { width, place } of new Standing(target).all())
    if (place >= 0) waiting.add(stretch, place, { values: Array<number>(width).fill(0), gap: true });
  return afresh();
};

/**
 * @param watching since when somebody watches: all that a proxy counted which began after it is new
 * @returns how many series were left out, because there are too many
 */
export const takeReading = (reading: Reading, { catalogue, targets, waiting, names }: Memory, watching: number): number => {
  const target = targets.get(reading.target) ?? targets.add(reading.target);
  if (reading.at <= target.at) return 0;
  const { before, gap } = sinceOf(target, reading, watching);
  const namer = names.of(reading.own);
  const stretch = stretchOf(before ?? reading.at, reading.at);
  const standing = target.started === reading.started ? new Standing(target) : begun(target, { waiting, stretch });
  let leftOut = 0;
  let isGrown = false;
  readPage(reading.page, (series) => {
    const key = targets.key(series.metric, series.labels);
    const slot = standing.slot(key, series.values.length);
    const growth = grown(standing.values, slot.offset, series);
    if (!growth) return;
    isGrown = true;
    if (before === undefined) return;
    if (slot.place === unknown) {
      const set = namer.set(series, textOf(key));
      slot.place = (set === undefined ? undefined : catalogue.place(series, set)) ?? notKept;
    }
    if (slot.place === notKept) leftOut += 1;
    else waiting.add(stretch, slot.place, { values: growth.values, gap: gap || growth.reset });
  });
  if (isGrown || standing.isMissing || target.started !== reading.started) {
    standing.store(target);
    target.isChanged = true;
  }
  Object.assign(target, { at: reading.at, started: reading.started });
  return leftOut;
};
