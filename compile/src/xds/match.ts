/** Conditions of a route. */
import type { Init } from '@weft/envoy';
import type { HeaderMatcherSchema, RouteMatchSchema } from '@weft/envoy/gen/envoy/config/route/v3/route_components_pb.js';
import type { MetadataMatcherSchema } from '@weft/envoy/gen/envoy/type/matcher/v3/metadata_pb.js';
import type { StringMatcherSchema } from '@weft/envoy/gen/envoy/type/matcher/v3/string_pb.js';
import type { ValueMatcherSchema } from '@weft/envoy/gen/envoy/type/matcher/v3/value_pb.js';
import { claimsFilter, claimsKey, type HttpMatch, type StringMatch } from '../mesh/index.ts';

type Match = Init<typeof RouteMatchSchema>;
type HeaderMatch = Init<typeof HeaderMatcherSchema>;
type Text = Exclude<StringMatch, { readonly kind: 'present' }>;

/** A regular expression matches the whole value, in Istio as in Envoy [S29]. */
export const textMatcher = ({ kind, value }: Text): Init<typeof StringMatcherSchema> => {
  switch (kind) {
    case 'exact':
      return { matchPattern: { case: 'exact', value } };
    case 'prefix':
      // The empty prefix, which Envoy refuses, matches whatever is there.
      return value === '' ? { matchPattern: { case: 'safeRegex', value: { regex: '.*' } } } : { matchPattern: { case: 'prefix', value } };
    case 'regex':
      return { matchPattern: { case: 'safeRegex', value: { regex: value } } };
  }
};

export const everything: Match = { pathSpecifier: { case: 'prefix', value: '/' } };

/** A prefix is one of the text, not of path segments [S28]. */
const path = (uri: StringMatch | undefined): Match => {
  switch (uri?.kind) {
    case 'exact':
      return { pathSpecifier: { case: 'path', value: uri.value } };
    case 'prefix':
      return { pathSpecifier: { case: 'prefix', value: uri.value } };
    case 'regex':
      return { pathSpecifier: { case: 'safeRegex', value: { regex: uri.value } } };
    default:
      return everything;
  }
};

const header = (name: string, match: StringMatch, invert = false): HeaderMatch => ({
  name,
  headerMatchSpecifier:
    match.kind === 'present' ? { case: 'presentMatch', value: true } : { case: 'stringMatch', value: textMatcher(match) },
  invertMatch: invert,
  // "Without x: v" holds where x is missing [S30].
  treatMissingHeaderAsEmpty: invert && match.kind !== 'present',
});

const pseudo = (name: string, match: StringMatch | undefined): HeaderMatch[] => (match ? [header(name, match)] : []);

/** A claim is a text or a list of texts, of which one must match; `{}` is any text [S46]. */
const claim = ({ path: keys, match, invert }: NonNullable<HttpMatch['claims']>[number]): Init<typeof MetadataMatcherSchema> => {
  const text = match.kind === 'present' ? textMatcher({ kind: 'prefix', value: '' }) : textMatcher(match);
  const value: Init<typeof ValueMatcherSchema> = { matchPattern: { case: 'stringMatch', value: text } };
  const oneOf: Init<typeof ValueMatcherSchema> = {
    matchPattern: { case: 'listMatch', value: { matchPattern: { case: 'oneOf', value } } },
  };
  return {
    filter: claimsFilter,
    path: [claimsKey, ...keys].map((key) => ({ segment: { case: 'key' as const, value: key } })),
    value: { matchPattern: { case: 'orMatch', value: { valueMatchers: [oneOf, value] } } },
    invert,
  };
};

export const routeMatch = ({ uri, ignoreUriCase, method, authority, scheme, headers, queryParams, claims = [] }: HttpMatch): Match => ({
  ...path(uri),
  ...(ignoreUriCase && uri?.kind !== 'regex' && { caseSensitive: false }),
  headers: [
    ...headers.map(({ name, match, invert }) => header(name, match, invert)),
    ...pseudo(':method', method),
    ...pseudo(':authority', authority),
    ...pseudo(':scheme', scheme),
  ],
  dynamicMetadata: claims.map(claim),
  queryParameters: queryParams.map(({ name, match }) => ({
    name,
    queryParameterMatchSpecifier:
      match.kind === 'present' ? { case: 'presentMatch', value: true } : { case: 'stringMatch', value: textMatcher(match) },
  })),
});
