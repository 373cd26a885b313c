/** Questions to what is kept: the view with the fewest series that knows the labels, the longest steps that are short enough. */
import type { DatabaseSync } from 'node:sqlite';
import {
  type Amount,
  type Answered,
  type Gauge,
  groupLabels,
  isWhere,
  type Labels,
  type Measured,
  mergeHistograms,
  type Observations,
  type Question,
  type Step,
} from '@weft/signals';
import type { Catalogue } from './catalogue.ts';
import type { Chunks, Reach } from './chunks.ts';
import { type Kind, type Shard, widthOf } from './shard.ts';
import { addValue, readChunk } from './sums.ts';
import { startOf, tiers } from './tiers.ts';
import { everything, viewFor } from './views.ts';

/** More than any chart has points for. */
const mostSteps = 11_000;

interface Sum {
  readonly values: Float64Array;
  gap: boolean;
}

/** Of one group: by the bounds of its histograms, then by the step's start. */
interface Found {
  readonly labels: Labels;
  readonly byBounds: Map<string, { readonly shard: Shard; readonly steps: Map<number, Sum> }>;
}

interface Wanted {
  readonly shard: Shard;
  /** By slot. */
  readonly groups: readonly (Found | undefined)[];
}

/** Labels are shared objects: what group they are in is found once for all metrics, and as often as the same is asked. */
const remembered = new Map<string, WeakMap<Labels, string>>();
const mostRemembered = 16;

const groupKeys = (by: readonly string[]): ((labels: Labels) => string) => {
  const asked = by.join();
  const known = remembered.get(asked) ?? new WeakMap<Labels, string>();
  remembered.delete(asked);
  remembered.set(asked, known);
  for (const oldest of remembered.keys()) if (remembered.size > mostRemembered) remembered.delete(oldest);
  return (labels) => {
    const key = known.get(labels) ?? JSON.stringify(by.map((label) => labels[label] ?? ''));
    known.set(labels, key);
    return key;
  };
};

const wantedOf = (question: Question, shards: readonly Shard[], groups: Map<string, Found>): ReadonlyMap<number, Wanted> => {
  const wanted = new Map<number, Wanted>();
  const keyOf = groupKeys(question.by ?? []);
  for (const shard of shards) {
    const found = shard.labels.map((labels): Found | undefined => {
      if (!isWhere(labels, question.where)) return undefined;
      const key = keyOf(labels);
      const known = groups.get(key);
      if (known) return known;
      const made: Found = { labels: groupLabels(labels, question.by), byBounds: new Map() };
      groups.set(key, made);
      return made;
    });
    if (found.some((group) => group !== undefined)) wanted.set(shard.id, { shard, groups: found });
  }
  return wanted;
};

const sumAt = ({ byBounds }: Found, shard: Shard, at: number): Sum => {
  const key = shard.bounds.join();
  let like = byBounds.get(key);
  if (!like) {
    like = { shard, steps: new Map() };
    byBounds.set(key, like);
  }
  let sum = like.steps.get(at);
  if (!sum) {
    sum = { values: new Float64Array(widthOf(shard)), gap: false };
    like.steps.set(at, sum);
  }
  return sum;
};

/** Steps of one tier, from and to when. */
export interface Segment {
  readonly step: number;
  readonly from: number;
  readonly to: number;
}

export interface Plan {
  readonly step: number;
  readonly from: number;
  readonly whole: boolean;
  readonly segments: readonly Segment[];
  /** To see where nobody looked. */
  readonly looks: readonly Segment[];
}

/** What is not yet summed up is read of the shorter steps; where those are forgotten already, longer ones answer than were asked for. */
export const planOf = ({ from, to, step, whole = false }: Question, reach: readonly Reach[]): Plan => {
  const fitting = Math.max(
    0,
    tiers.findLastIndex((tier) => step % tier.step === 0),
  );
  const covering = reach.findIndex(({ kept }, tier) => tier >= fitting && kept <= from);
  const best = covering < 0 ? tiers.length - 1 : covering;
  const unit = tiers[best]?.step ?? step;
  const length = unit * Math.ceil(step / unit);
  const first = startOf(from, length);
  return {
    ...{ step: length, from: first, whole },
    // Where one sum is asked for, what is within is read of the longest steps, and its ends of shorter ones.
    segments: covered({ from: first, to }, whole ? tiers.length - 1 : best, { best, reach }),
    looks: covered({ from: first, to }, best, { best, reach }),
  };
};

const covered = (
  { from, to }: { readonly from: number; readonly to: number },
  tier: number,
  known: { readonly best: number; readonly reach: readonly Reach[] },
): readonly Segment[] => {
  const { step = 0 } = tiers[tier] ?? {};
  if (from >= to || tier < 0) return [];
  const { summed = 0, kept = 0 } = known.reach[tier] ?? {};
  const begin = Math.ceil(from / step) * step;
  const end = tier === 0 ? to : Math.min(startOf(to, step), summed);
  // Further back than `best` nothing shorter is kept.
  if (begin >= end || (tier > known.best && kept > begin)) return covered({ from, to }, tier - 1, known);
  return [...covered({ from, to: begin }, tier - 1, known), { step, from: begin, to: end }, ...covered({ from: end, to }, tier - 1, known)];
};

const read = (db: DatabaseSync, { segments, step, from, whole }: Plan, wanted: ReadonlyMap<number, Wanted>): void => {
  const chunks = db.prepare('SELECT at, bytes FROM chunk WHERE step = ? AND shard = ? AND at >= ? AND at < ?');
  for (const { shard, groups } of wanted.values()) {
    const width = widthOf(shard);
    const isWanted = (slot: number): boolean => groups[slot] !== undefined;
    for (const segment of segments) {
      for (const row of chunks.iterate(segment.step, shard.id, segment.from, segment.to)) {
        const at = whole ? from : startOf(Number(row['at']), step);
        readChunk(row['bytes'] as Uint8Array, { width, wanted: isWanted }, ({ slot, values, gap }) => {
          const sum = sumAt(groups[slot] as Found, shard, at);
          addValue(shard.kind, sum.values, [0, 0, width], values);
          if (gap) sum.gap = true;
        });
      }
    }
  }
};

const measuredOf: Readonly<Record<Kind, (values: Float64Array, bounds: readonly number[]) => Measured>> = {
  counter: ([amount = 0]) => ({ kind: 'amount', amount }),
  gauge: ([min = 0, max = 0, sum = 0, looks = 0, last = 0]) => ({ kind: 'gauge', min, max, sum, looks, last }),
  histogram: (values, bounds) => ({
    kind: 'observations',
    histogram: { bounds, counts: [...values.subarray(0, -1)], sum: values.at(-1) ?? 0 },
  }),
};

const stepsOf = ({ byBounds }: Found): readonly Step<Measured>[] => {
  const all = [...byBounds.values()].flatMap(({ shard, steps }) =>
    [...steps].map(([at, { values, gap }]) => ({
      at,
      value: measuredOf[shard.kind](values, shard.bounds),
      ...(gap && { gap: true as const }),
    })),
  );
  const sorted = all.sort((a, b) => a.at - b.at);
  if (byBounds.size < 2) return sorted;
  return [...Map.groupBy(sorted, ({ at }) => at)].map(([at, same]) => ({
    at,
    value: {
      kind: 'observations',
      histogram: mergeHistograms(same.flatMap(({ value }) => (value.kind === 'observations' ? [value.histogram] : []))),
    },
    ...(same.some(({ gap }) => gap) && { gap: true as const }),
  }));
};

/** Until the last look: what comes after it is not missing, but still to come. */
const gapsOf = (db: DatabaseSync, { looks, step }: Plan): readonly number[] => {
  const looked = new Set<number>();
  const all = db.prepare('SELECT at FROM look WHERE step = ? AND at >= ? AND at < ? AND looked = 1');
  for (const segment of looks)
    for (const { at } of all.iterate(segment.step, segment.from, segment.to)) looked.add(startOf(Number(at), step));
  const last = Number(db.prepare('SELECT MAX(at) AS at FROM look WHERE step = ? AND looked = 1').get(tiers[0]?.step ?? 0)?.['at'] ?? 0);
  const gaps: number[] = [];
  const [first, end] = [looks[0]?.from ?? 0, Math.min(looks.at(-1)?.to ?? 0, last)];
  for (let at = startOf(first, step); at < end; at += step) if (!looked.has(at)) gaps.push(at);
  return gaps;
};

export interface Kept {
  readonly db: DatabaseSync;
  readonly catalogue: Catalogue;
  readonly chunks: Chunks;
}

const answer = ({ db, catalogue, chunks }: Kept, kind: Kind, question: Question): Answered<Measured> => {
  const plan = planOf(question, chunks.reach());
  if (!plan.whole && (question.to - plan.from) / plan.step > mostSteps)
    throw new RangeError(`more than ${mostSteps} steps: ask for longer ones`);
  const groups = new Map<string, Found>();
  // Gauges are about one thing each: with labels taken away they would be about none.
  const view = kind === 'gauge' ? everything : viewFor(question);
  read(db, plan, wantedOf(question, catalogue.shards(view, question.metric, kind), groups));
  const answered = [...groups.values()].map((found) => ({ labels: found.labels, steps: stepsOf(found) }));
  return { step: plan.step, groups: answered.filter(({ steps }) => steps.length > 0), gaps: gapsOf(db, plan) };
};

// Series of one kind have values of one kind.
export const askHistograms = (kept: Kept, question: Question) => answer(kept, 'histogram', question) as Answered<Observations>;
export const askGauges = (kept: Kept, question: Question) => answer(kept, 'gauge', question) as Answered<Gauge>;

const sumsOf = ({ groups, ...rest }: Answered<Observations>): Answered<Amount> => ({
  ...rest,
  groups: groups.map(({ labels, steps }) => ({
    labels,
    steps: steps.map(({ value, ...step }) => ({ ...step, value: { kind: 'amount', amount: value.histogram.sum } })),
  })),
});

/** What a histogram observed, added up, is kept with its buckets. */
export const askCounters = (kept: Kept, question: Question): Answered<Amount> => {
  const summed = /^(.+)_sum$/.exec(question.metric)?.[1];
  if (summed !== undefined) return sumsOf(askHistograms(kept, { ...question, metric: summed }));
  return answer(kept, 'counter', question) as Answered<Amount>;
};
