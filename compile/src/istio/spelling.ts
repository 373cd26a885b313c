/**
 * Other spellings in which servers take a text for the same [G20]: parameters in segments of a path, which some servers leave out,
 * escapes in either case, blanks around a header's value, which HTTP/2 carries and HTTP/1.1 has no room for, and a value among others
 * in one line. Made of what was taken apart.
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

/** Its digits mean the same in either case, and what needs no escape arrives without one (RFC 3986, 6.2.2). */
const escaped = (digits: string): string => {
  const either = digits.replace(/[a-f]/gi, (letter) => `[${letter.toLowerCase()}${letter.toUpperCase()}]`);
  const character = String.fromCharCode(Number.parseInt(digits, 16));
  return /[A-Za-z0-9\-._~]/.test(character) ? `(%${either}|${literally(character)})` : `%${either}`;
};

const inPath = (text: string): string =>
  text
    .split(/%([0-9a-f]{2})/i)
    .map((piece, index) => (index % 2 === 0 ? literally(piece) : escaped(piece)))
    .join('');

const segments = (path: string): string => path.split('/').map(inPath).join(`${parameters}/${onlyParameters}`);

const templateSegment = (segment: PathTemplate['segments'][number]): string => {
  if (segment.kind === 'literal') return `${inPath(segment.value)}${parameters}`;
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

/** A template's segments are of fewer characters than the expression's, and an escape has spellings of its own. */
const hasParametersOnly = (path: Said | PathTemplate): boolean => path.kind !== 'template' && !path.value.includes('%');

export const withParameters = (path: TextMatch | PathTemplate): readonly Spelling[] =>
  path.kind === 'present'
    ? []
    : [{ kind: 'spelling', of: path, pattern: pathPattern(path), ...(hasParametersOnly(path) && { mark: ';' }) }];

const blanks = '[ \\t]*';

/** Several lines are the same as one with commas (RFC 9110, 5.3), and of some headers Envoy makes one itself. */
export const inLists = (value: TextMatch): readonly Spelling[] => {
  if (value.kind === 'present') return [];
  const own = `${blanks}${around(value, literally(value.value))}${blanks}`;
  return [{ kind: 'spelling', of: value, pattern: `(.*,)?${own}(,.*)?` }];
};
