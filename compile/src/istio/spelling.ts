/**
 * Other spellings in which servers take a text for the same [G20]: parameters in segments of a path, which some servers leave out, and
 * blanks around a header's value, which HTTP/2 carries and HTTP/1.1 has no room for. Made of what was taken apart.
 */
import { literally, type PathTemplate, type Spelling, type TextMatch } from '../mesh/index.ts';

/** A text that says something of its own. */
type Said = Exclude<TextMatch, { readonly kind: 'present' }>;

const around = ({ kind }: Said, own: string): string =>
  `${kind === 'suffix' || kind === 'contains' ? '.*' : ''}${own}${kind === 'prefix' || kind === 'contains' ? '.*' : ''}`;

const parameters = '(;[^/]*)?';
/** Segments of nothing else. */
const onlyParameters = '(;[^/]*/)*';

/** And at the end of a path. */
const closing = '(/;[^/]*)*';

const segments = (path: string): string => path.split('/').map(literally).join(`${parameters}/${onlyParameters}`);

const templateSegment = (segment: PathTemplate['segments'][number]): string => {
  if (segment.kind === 'literal') return `${literally(segment.value)}${parameters}`;
  return segment.kind === 'one' ? '[^/;][^/]*' : '.*';
};

const pathPattern = (path: Said | PathTemplate): string => {
  if (path.kind === 'template') {
    const own = path.segments.map(templateSegment).join(`/${onlyParameters}`);
    return `/${onlyParameters}${own}${path.segments.at(-1)?.kind === 'rest' ? '' : closing}`;
  }
  const own = around(path, segments(path.value));
  return path.kind === 'prefix' ? own : `${own}${parameters}${closing}`;
};

export const withParameters = (path: TextMatch | PathTemplate): readonly Spelling[] =>
  path.kind === 'present' ? [] : [{ kind: 'spelling', of: path, pattern: pathPattern(path) }];

export const withBlanks = (value: TextMatch): readonly Spelling[] =>
  value.kind === 'present' ? [] : [{ kind: 'spelling', of: value, pattern: `[ \\t]*${around(value, literally(value.value))}[ \\t]*` }];
