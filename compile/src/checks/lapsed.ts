/** What only a clock can say of objects: it changes without them, so it is asked anew each time. */
import { type Finding, isKind, lapses, type Resource } from '@weft/model';
import { findingOf } from './finding.ts';

export const lapsed = (resources: readonly Resource[], now: number): readonly Finding[] =>
  resources.flatMap((resource) =>
    isKind(resource, 'Secret') ? lapses(resource.spec, now).map((problem) => findingOf(resource, problem)) : [],
  );
