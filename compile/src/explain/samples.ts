/** Texts that a match would take, the plainest first, and a few that it may not. */
import { matchesRegex } from '@weft/model';
import type { Glob, PathTemplate, Spelling, TextMatch } from '../mesh/index.ts';

/** Stands where anything may; a digit is right in hosts, methods, paths and names. */
const something = '1';

export const sampleOfText = (match: TextMatch): string => {
  switch (match.kind) {
    case 'exact':
    case 'contains':
      return match.value;
    case 'prefix':
      return `${match.value}${something}`;
    case 'suffix':
      return `${something}${match.value}`;
    case 'present':
      return something;
  }
};

/** Other spellings nobody has written. */
export const samplesOf = (match: TextMatch | PathTemplate | Spelling): readonly string[] => {
  if (match.kind === 'spelling') return [];
  if (match.kind !== 'template') return match.kind === 'prefix' ? [match.value, sampleOfText(match)] : [sampleOfText(match)];
  return [`/${match.segments.map((part) => (part.kind === 'literal' ? part.value : something)).join('/')}`];
};

export const sampleOfGlob = ({ pieces }: Glob): string => pieces.join(something);

const isSegment = (text: string): boolean => matchesRegex('[^/]+', text);

/** Identities that these may be parts of, each part with each other one. */
export const identitiesOf = (domains: readonly string[], namespaces: readonly string[], accounts: readonly string[]): readonly string[] =>
  [...new Set(domains)].flatMap((domain) =>
    [...new Set(namespaces)].flatMap((namespace) =>
      [...new Set(accounts)].flatMap((account) =>
        [domain, namespace, account].every(isSegment) ? [`spiffe://${domain}/ns/${namespace}/sa/${account}`] : [],
      ),
    ),
  );
