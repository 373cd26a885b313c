/** Everything that was measured of some subjects, put together as it is read: as groups of each question it would be some ten thousand objects. */
import { type Asked, Gathered, type ObservedAll, putterOf, questionsOf, stepOf } from '@weft/signals';
import { type Kept, read, wantedCounter } from './ask.ts';
import { groupsBy } from './groups.ts';
import { lookedOf, planOf } from './plan.ts';

export const observeKept = (kept: Kept, asked: Asked): ObservedAll => {
  const plan = planOf(asked, kept.chunks.reach());
  const subjects = groupsBy(kept.catalogue.sets, asked.by);
  const gathered = new Gathered<number>();
  for (const { kind, question } of questionsOf(asked)) {
    const wanted = kind === 'counters' ? wantedCounter(kept, question) : { kind: 'histogram' as const, sumOnly: false, question };
    const { groups, table } = read(kept, wanted, plan);
    const put = putterOf(question.metric);
    table.each((group, at, value, gap) => {
      const key = subjects.of(groups.set(group));
      put(
        stepOf(
          gathered.subject(key, () => subjects.labels(key)),
          { at, gap },
        ),
        value,
        groups.labels(group),
      );
    });
  }
  return { subjects: gathered.subjects, step: plan.step, ...lookedOf(kept.db, plan) };
};
