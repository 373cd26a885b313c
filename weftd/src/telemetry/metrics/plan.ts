/** Which steps answer a question about a stretch of time: the longest that are short enough, and shorter ones for its ends. */
import type { DatabaseSync } from 'node:sqlite';
import type { Question, Window } from '@weft/signals';
import type { Reach } from './chunks.ts';
import { longestKept, shortest, startOf, tiers } from './tiers.ts';

/** Of those that are kept longest. */
const shortestOfKept = tiers.findIndex(({ keep }) => keep === longestKept);

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

/** What a question says of time. */
export type Span = Pick<Question, 'from' | 'to' | 'step' | 'whole'>;

/** What is not yet summed up is read of the shorter steps; where those are forgotten already, longer ones answer than were asked for. */
export const planOf = ({ from, to, step, whole = false }: Span, reach: readonly Reach[]): Plan => {
  const fitting = Math.max(
    0,
    tiers.findLastIndex((tier) => step % tier.step === 0),
  );
  const covering = reach.findIndex(({ kept }, tier) => tier >= fitting && kept <= from);
  // Steps that are longer than they must be tell less.
  const longest = Math.max(fitting, shortestOfKept);
  const best = covering < 0 ? longest : Math.min(covering, longest);
  const unit = tiers[best]?.step ?? step;
  const length = unit * Math.ceil(step / unit);
  const first = startOf(from, length);
  if (!whole && (to - first) / length > mostSteps) throw new RangeError(`more than ${mostSteps} steps: ask for longer ones`);
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

export interface Looked {
  /** Steps in which nobody did. Until the last look: what comes after it is not missing, but still to come. */
  readonly gaps: readonly number[];
  /** Absent where nobody ever did. */
  readonly looked?: Window;
}

/** The first step of which something is kept, but not before proxies were watched at all. */
const firstKnown = (db: DatabaseSync, at: number, step: number): number => {
  const since = Number(db.prepare('SELECT since FROM watch').get()?.['since'] ?? 0);
  return since > at && since < at + step ? since : at;
};

export const lookedOf = (db: DatabaseSync, { looks, step }: Plan): Looked => {
  const [known, looked] = [new Set<number>(), new Set<number>()];
  const all = db.prepare('SELECT at, looked FROM look WHERE step = ? AND at >= ? AND at < ?');
  for (const segment of looks)
    for (const row of all.iterate(segment.step, segment.from, segment.to)) {
      const at = startOf(Number(row['at']), step);
      known.add(at);
      if (row['looked'] === 1) looked.add(at);
    }
  const newest = db.prepare('SELECT at FROM look WHERE step = ? AND looked = 1 ORDER BY at DESC LIMIT 1').get(shortest.step);
  const last = Number(newest?.['at'] ?? 0);
  const gaps: number[] = [];
  const [first, end] = [looks[0]?.from ?? 0, Math.min(looks.at(-1)?.to ?? 0, last)];
  for (let at = startOf(first, step); at < end; at += step) if (!looked.has(at)) gaps.push(at);
  const begin = known.size > 0 ? Math.min(...known) : undefined;
  return { gaps, ...(begin !== undefined && { looked: { from: firstKnown(db, begin, step), to: last + shortest.step } }) };
};
