/**
 * Envoy's response code details in words, where they say more than a flag does, or there is none
 * (https://www.envoyproxy.io/docs/envoy/v1.40.0/configuration/http/http_conn_man/response_code_details).
 */
import type { Hop } from './diagnosis.ts';
import type { Remedy } from './flags.ts';

export interface Detail {
  readonly hop: Hop;
  readonly words: string;
  readonly remedies: readonly Remedy[];
}

type Entry = readonly [details: RegExp, hop: Hop, words: string, ...remedies: readonly (readonly [kind: string, field: string])[]];

const answer = ['VirtualService', 'spec.http[].directResponse'] as const;
const normalization = ['MeshConfig', 'spec.pathNormalization'] as const;

const entries: readonly Entry[] = [
  [/^direct_response$/, 'caller', 'the route answers so itself, and nobody was asked', answer],
  [
    /^request_headers_too_large|^http[12]\.headers_too_large|^http[12]\.too_many_headers/,
    'client',
    'the headers of the request are too many or too large',
  ],
  [/^request_payload_too_large/, 'client', 'the body of the request is larger than the proxy may hold for a filter that wants it whole'],
  [/^missing_host_header/, 'client', 'the request names no host'],
  [/^low_version/, 'client', 'the request is HTTP/1.0 or older, which proxies of the mesh do not take'],
  [
    /^path_normalization_failed|^missing_path|^absolute_path/,
    'client',
    'the path of the request cannot be put into its one spelling',
    normalization,
  ],
  [/^http[12]\./, 'client', 'the request broke the rules of HTTP'],
  [/^upgrade_failed/, 'client', 'an upgrade to another protocol was asked for that the proxy does not let pass'],
  [/^internal_redirect/, 'caller', 'the answer redirects to where the proxy may not go by itself'],
  [/^response_payload_too_large/, 'application', 'the answer is larger than the proxy may hold'],
];

/** @returns undefined where they add nothing */
export const detailOf = (details: string): Detail | undefined => {
  const [, hop, words, ...remedies] = entries.find(([pattern]) => pattern.test(details)) ?? [];
  return hop && words ? { hop, words, remedies: remedies.map(([kind, field]) => ({ kind, field })) } : undefined;
};

/** What Envoy's filter says of a token that it does not take (`getStatusString` of jwt_verify_lib). */
const tokens: readonly (readonly [details: RegExp, words: string, field: string])[] = [
  [/Jwt_is_expired/, 'its token is expired: its bearer needs a new one', 'spec.jwtRules[].issuer'],
  [/Jwt_not_yet_valid/, 'its token is not valid yet: clocks differ, or it was issued for later', 'spec.jwtRules[].issuer'],
  [/Jwt_issuer_is_not_configured/, 'its token is of an issuer that no rule names', 'spec.jwtRules[].issuer'],
  [/Audiences_in_Jwt_are_not_allowed/, 'its token is for another audience', 'spec.jwtRules[].audiences'],
  [/Jwks_remote_fetch|Jwks_/, 'no key of the issuer fits its token', 'spec.jwtRules[].jwksUri'],
  [/Jwt_verification_fails/, 'its token is not signed by the issuer', 'spec.jwtRules[].jwks'],
  [/Jwt_is_missing/, 'it has no token where one is looked for', 'spec.jwtRules[].fromHeaders'],
];

export const tokenFault = (details: string): { readonly words: string; readonly remedies: readonly Remedy[] } => {
  const [, words, field] = tokens.find(([pattern]) => pattern.test(details)) ?? [
    /./,
    'what it bears is no token that can be read',
    'spec.jwtRules[].fromHeaders',
  ];
  return { words: `refused for its token: ${words}`, remedies: [{ kind: 'RequestAuthentication', field }] };
};
