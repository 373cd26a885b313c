/** What only a clock can say of objects: it changes without them, so it is asked anew each time. */
import { type CertificateReader, type Finding, isKind, lapses, type Resource } from '@weft/model';
import { findingOf } from './finding.ts';

export interface Watch {
  readonly now: number;
  readonly certificates: CertificateReader;
}

export const lapsed = (resources: readonly Resource[], { now, certificates }: Watch): readonly Finding[] =>
  resources.flatMap((resource) =>
    isKind(resource, 'Secret') ? lapses(resource.spec, now, certificates).map((problem) => findingOf(resource, problem)) : [],
  );
