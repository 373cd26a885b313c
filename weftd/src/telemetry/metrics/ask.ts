/** Questions to what is kept: answered by the view with the fewest series that knows the labels. */
import type { DatabaseSync } from 'node:sqlite';
import type { Amount, Answered, Gauge, Measured, Observations, Question, SeriesGroup, Step } from '@weft/signals';
import type { Catalogue } from './catalogue.ts';
import type { Chunks } from './chunks.ts';
import { WantedGroups } from './groups.ts';
import { lookedOf, type Plan, planOf } from './plan.ts';
import { type Kind, widthOf } from './shard.ts';
import { Table } from './table.ts';
import { startOf } from './tiers.ts';
import { everything, viewFor } from './views.ts';

export interface Kept {
  readonly db: DatabaseSync;
  readonly catalogue: Catalogue;
  readonly chunks: Chunks;
}

/** Series of one kind have values of one kind. */
export interface Wanted {
  readonly kind: Kind;
  /** Of histograms nothing but what was observed, added up: it is the last of their numbers. */
  readonly sumOnly: boolean;
  readonly question: Question;
}

/** All that was read of one question, by group and step. */
export interface Found {
  readonly groups: WantedGroups;
  readonly table: Table;
}

export const read = ({ db, catalogue }: Kept, { kind, sumOnly, question }: Wanted, plan: Plan): Found => {
  const groups = new WantedGroups(catalogue.sets, question);
  const table = new Table(sumOnly ? 'counter' : kind);
  const chunks = db.prepare('SELECT at, bytes FROM chunk WHERE step = ? AND shard = ? AND at >= ? AND at < ?');
  for (const shard of catalogue.shards(viewFor(kind, question), question.metric, kind)) {
    const wanted = groups.slots(shard);
    if (!wanted) continue;
    const sums = table.like(sumOnly ? [] : shard.bounds);
    const read = { wanted, groups: groups.size, lastOf: sumOnly ? widthOf(shard) : undefined };
    for (const { step, from, to } of plan.segments) {
      for (const row of chunks.iterate(step, shard.id, from, to)) {
        const at = plan.whole ? plan.from : startOf(Number(row['at']), plan.step);
        sums.add(at, { ...read, bytes: row['bytes'] as Uint8Array });
      }
    }
  }
  return { groups, table };
};

const groupsIn = ({ groups, table }: Found): readonly SeriesGroup<Measured>[] => {
  const steps: Step<Measured>[][] = Array.from({ length: groups.size }, () => []);
  table.each((group, at, value, gap) => steps[group]?.push({ at, value, ...(gap && { gap: true as const }) }));
  return steps.flatMap((own, group) => (own.length > 0 ? [{ labels: groups.labels(group), steps: own }] : []));
};

/** What a histogram observed, added up, is kept with its buckets; an application's counter may be called so, too. */
export const wantedCounter = ({ catalogue }: Kept, question: Question): Wanted => {
  const metric = /^(.+)_sum$/.exec(question.metric)?.[1];
  const isSum = metric !== undefined && catalogue.shards(everything, metric, 'histogram').length > 0;
  return isSum ? { kind: 'histogram', sumOnly: true, question: { ...question, metric } } : { kind: 'counter', sumOnly: false, question };
};

const answer = (kept: Kept, wanted: Wanted): Answered<Measured> => {
  const plan = planOf(wanted.question, kept.chunks.reach());
  return { step: plan.step, groups: groupsIn(read(kept, wanted, plan)), ...lookedOf(kept.db, plan) };
};

export const askHistograms = (kept: Kept, question: Question) =>
  answer(kept, { kind: 'histogram', sumOnly: false, question }) as Answered<Observations>;
export const askGauges = (kept: Kept, question: Question) => answer(kept, { kind: 'gauge', sumOnly: false, question }) as Answered<Gauge>;
export const askCounters = (kept: Kept, question: Question) => answer(kept, wantedCounter(kept, question)) as Answered<Amount>;
