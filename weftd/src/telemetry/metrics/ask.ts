/** Questions to what is kept: the view with the fewest series that knows the labels, the longest steps that are short enough. */
import type { DatabaseSync } from 'node:sqlite';
import type { Amount, Answered, Gauge, Labels, Measured, Observations, Question, SeriesGroup, Step } from '@weft/signals';
import type { Catalogue } from './catalogue.ts';
import type { Chunks, Reach } from './chunks.ts';
import { groupsBy, wantedSlots } from './groups.ts';
import { type Kind, widthOf } from './shard.ts';
import { readChunk } from './sums.ts';
import { Table } from './table.ts';
import { startOf, tiers } from './tiers.ts';
import { everything, viewFor } from './views.ts';

/** More than any chart has points for. */
const mostSteps = 11_000;

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

/** Until the last look: what comes after it is not missing, but still to come. */
const gapsOf = (db: DatabaseSync, { looks, step }: Plan): readonly number[] => {
  const looked = new Set<number>();
  const all = db.prepare('SELECT at FROM look WHERE step = ? AND at >= ? AND at < ? AND looked = 1');
  for (const segment of looks)
    for (const { at } of all.iterate(segment.step, segment.from, segment.to)) looked.add(startOf(Number(at), step));
  const newest = db.prepare('SELECT at FROM look WHERE step = ? AND looked = 1 ORDER BY at DESC LIMIT 1').get(tiers[0]?.step ?? 0);
  const last = Number(newest?.['at'] ?? 0);
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

/** Series of one kind have values of one kind. */
interface Wanted {
  readonly kind: Kind;
  /** Of histograms nothing but what was observed, added up: it is the last of their numbers. */
  readonly sumOnly: boolean;
  readonly question: Question;
}

/** All that was read of one question, by group and step. */
const read = ({ db, catalogue }: Kept, { kind, sumOnly, question }: Wanted, plan: Plan): readonly SeriesGroup<Measured>[] => {
  const groups = groupsBy(catalogue.sets, question.by ?? []);
  const table = new Table(sumOnly ? 'counter' : kind);
  const wantedIn = wantedSlots(catalogue.sets, question.where, groups);
  const chunks = db.prepare('SELECT at, bytes FROM chunk WHERE step = ? AND shard = ? AND at >= ? AND at < ?');
  for (const shard of catalogue.shards(viewFor(kind, question), question.metric, kind)) {
    const wanted = wantedIn(shard);
    if (!wanted) continue;
    const width = widthOf(shard);
    const sums = table.like(sumOnly ? [] : shard.bounds);
    const first = sumOnly ? width - 1 : 0;
    const isWanted = (slot: number): boolean => (wanted[slot] ?? -1) >= 0;
    for (const { step, from, to } of plan.segments) {
      for (const row of chunks.iterate(step, shard.id, from, to)) {
        const at = plan.whole ? plan.from : startOf(Number(row['at']), plan.step);
        readChunk(row['bytes'] as Uint8Array, { width, wanted: isWanted }, ({ slot, values, gap }) =>
          sums.add(wanted[slot] ?? 0, at, { values, from: first, gap }),
        );
      }
    }
  }
  return table.steps().map(({ group, steps }) => ({ labels: groups.labels(group) as Labels, steps: steps as readonly Step<Measured>[] }));
};

const answer = (kept: Kept, wanted: Wanted): Answered<Measured> => {
  const { question } = wanted;
  const plan = planOf(question, kept.chunks.reach());
  if (!plan.whole && (question.to - plan.from) / plan.step > mostSteps)
    throw new RangeError(`more than ${mostSteps} steps: ask for longer ones`);
  return { step: plan.step, groups: read(kept, wanted, plan), gaps: gapsOf(kept.db, plan) };
};

export const askHistograms = (kept: Kept, question: Question) =>
  answer(kept, { kind: 'histogram', sumOnly: false, question }) as Answered<Observations>;
export const askGauges = (kept: Kept, question: Question) => answer(kept, { kind: 'gauge', sumOnly: false, question }) as Answered<Gauge>;

/** What a histogram observed, added up, is kept with its buckets; an application's counter may be called so, too. */
export const askCounters = (kept: Kept, question: Question): Answered<Amount> => {
  const metric = /^(.+)_sum$/.exec(question.metric)?.[1];
  const isSum = metric !== undefined && kept.catalogue.shards(everything, metric, 'histogram').length > 0;
  const wanted: Wanted = isSum
    ? { kind: 'histogram', sumOnly: true, question: { ...question, metric } }
    : { kind: 'counter', sumOnly: false, question };
  return answer(kept, wanted) as Answered<Amount>;
};
