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

const wantedOf = (question: Question, shards: readonly Shard[], groups: Map<string, Found>): ReadonlyMap<number, Wanted> => {
  const wanted = new Map<number, Wanted>();
  for (const shard of shards) {
    const found = shard.labels.map((labels): Found | undefined => {
      if (!isWhere(labels, question.where)) return undefined;
      const own = groupLabels(labels, question.by);
      const key = JSON.stringify(own);
      const known = groups.get(key);
      if (known) return known;
      const made: Found = { labels: own, byBounds: new Map() };
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
  const segments: Segment[] = [];
  let at = first;
  for (let tier = best; tier >= 0; tier -= 1) {
    const end = tier === 0 ? to : Math.min(to, reach[tier]?.summed ?? 0);
    if (end > at) segments.push({ step: tiers[tier]?.step ?? length, from: at, to: end });
    at = Math.max(at, end);
  }
  return { step: length, from: first, whole, segments };
};

const read = (db: DatabaseSync, { segments, step, from, whole }: Plan, wanted: ReadonlyMap<number, Wanted>): void => {
  const chunks = db.prepare(
    'SELECT at, shard, bytes FROM chunk WHERE step = ? AND at >= ? AND at < ? AND shard IN (SELECT value FROM json_each(?)) ORDER BY at',
  );
  const ids = JSON.stringify([...wanted.keys()]);
  for (const segment of segments) {
    for (const row of chunks.iterate(segment.step, segment.from, segment.to, ids)) {
      const one = wanted.get(Number(row['shard']));
      if (!one) continue;
      const at = whole ? from : startOf(Number(row['at']), step);
      const width = widthOf(one.shard);
      readChunk(row['bytes'] as Uint8Array, { width, wanted: (slot) => one.groups[slot] !== undefined }, ({ slot, values, gap }) => {
        const sum = sumAt(one.groups[slot] as Found, one.shard, at);
        addValue(one.shard.kind, sum.values, [0, 0, width], values);
        if (gap) sum.gap = true;
      });
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
const gapsOf = (db: DatabaseSync, { segments, step }: Plan): readonly number[] => {
  const looked = new Set<number>();
  const all = db.prepare('SELECT at FROM look WHERE step = ? AND at >= ? AND at < ?');
  for (const segment of segments)
    for (const { at } of all.iterate(segment.step, segment.from, segment.to)) looked.add(startOf(Number(at), step));
  const last = Number(db.prepare('SELECT MAX(at) AS at FROM look WHERE step = ?').get(tiers[0]?.step ?? 0)?.['at'] ?? 0);
  const gaps: number[] = [];
  const [first, end] = [segments[0]?.from ?? 0, Math.min(segments.at(-1)?.to ?? 0, last)];
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
export const askCounters = (kept: Kept, question: Question) => answer(kept, 'counter', question) as Answered<Amount>;
export const askHistograms = (kept: Kept, question: Question) => answer(kept, 'histogram', question) as Answered<Observations>;
export const askGauges = (kept: Kept, question: Question) => answer(kept, 'gauge', question) as Answered<Gauge>;
