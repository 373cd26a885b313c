/** Whether a request meets a route's conditions, as Envoy decides it [S24, S28-S31]. */
import { matchesRegex } from '@weft/model';
import type { HttpMatch, StringMatch } from '../mesh/index.ts';
import { claimAt } from './claims.ts';
import { queryOf, type Read, valuesOf } from './request.ts';

const matchesText = (match: StringMatch, value: string | undefined, ignoreCase = false): boolean => {
  if (match.kind === 'present' || value === undefined) return match.kind === 'present' && value !== undefined;
  if (match.kind === 'regex') return matchesRegex(match.value, value);
  const [said, wanted] = ignoreCase ? [value.toLowerCase(), match.value.toLowerCase()] : [value, match.value];
  return match.kind === 'exact' ? said === wanted : said.startsWith(wanted);
};

type HeaderMatch = HttpMatch['headers'][number];

const pseudo: Readonly<Record<string, (request: Read) => string>> = {
  ':authority': ({ authority }) => authority,
  ':method': ({ method }) => method,
  ':path': ({ pathname, search }) => pathname + search,
  ':scheme': ({ scheme }) => scheme,
};

const headerOf = (name: string, request: Read): readonly string[] => {
  const said = Object.hasOwn(pseudo, name) ? pseudo[name]?.(request) : undefined;
  return said === undefined ? valuesOf(request, name) : [said];
};

/** Each of several values is compared alone. A header that is missing counts as empty where the match is inverted [S30]. */
const matchesHeader = ({ name, match, invert }: HeaderMatch, request: Read): boolean => {
  const values = headerOf(name, request);
  const compared = invert && values.length === 0 && match.kind !== 'present' ? [''] : values;
  return compared.some((value) => matchesText(match, value)) !== invert;
};

/** Of a token that this proxy has verified: a text, or a list of texts of which one matches [S46]. */
const matchesClaims = ({ claims = [] }: HttpMatch, { claims: said }: Read): boolean =>
  claims.every(({ path, match, invert }) => {
    const texts = [claimAt(said, path)].flat().filter((one) => typeof one === 'string');
    return texts.some((text) => match.kind === 'present' || matchesText(match, text)) !== invert;
  });

/** `ignoreUriCase` is nothing to regular expressions [S31]. */
export const matches = (match: HttpMatch, request: Read): boolean => {
  const { uri, ignoreUriCase, method, authority, scheme, headers, queryParams } = match;
  const query = queryParams.length > 0 ? queryOf(request) : undefined;
  return (
    (!uri || matchesText(uri, request.pathname, ignoreUriCase)) &&
    (!method || matchesText(method, request.method)) &&
    (!authority || matchesText(authority, request.authority)) &&
    (!scheme || matchesText(scheme, request.scheme)) &&
    headers.every((header) => matchesHeader(header, request)) &&
    matchesClaims(match, request) &&
    queryParams.every((wanted) => matchesText(wanted.match, query?.get(wanted.name)))
  );
};
