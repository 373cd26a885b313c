/** The keys of `when` (Istio's authorization policy conditions), read once for checks and for what is made of them. */
import { isHeaderName } from '../text/header.ts';

export type ConditionKey =
  | {
      readonly kind:
        | 'source-ip'
        | 'remote-ip'
        | 'namespace'
        | 'service-account'
        | 'trust-domain'
        | 'principal'
        | 'request-principal'
        | 'destination-ip'
        | 'destination-port'
        | 'server-name';
    }
  | { readonly kind: 'header'; readonly name: string }
  /** The path to it. */
  | { readonly kind: 'claim'; readonly claim: readonly string[] }
  | { readonly kind: 'metadata'; readonly filter: string; readonly key: string };

const plain: ReadonlyMap<string, ConditionKey> = new Map<string, ConditionKey>([
  ['source.ip', { kind: 'source-ip' }],
  ['remote.ip', { kind: 'remote-ip' }],
  ['source.namespace', { kind: 'namespace' }],
  ['source.serviceAccount', { kind: 'service-account' }],
  ['source.trustDomain', { kind: 'trust-domain' }],
  ['source.principal', { kind: 'principal' }],
  ['request.auth.principal', { kind: 'request-principal' }],
  ['request.auth.audiences', { kind: 'claim', claim: ['aud'] }],
  ['request.auth.presenter', { kind: 'claim', claim: ['azp'] }],
  ['destination.ip', { kind: 'destination-ip' }],
  ['destination.port', { kind: 'destination-port' }],
  ['connection.sni', { kind: 'server-name' }],
]);

const bracketed = (key: string, prefix: string): string | undefined =>
  key.startsWith(`${prefix}[`) && key.endsWith(']') && key.length > prefix.length + 2 ? key.slice(prefix.length + 1, -1) : undefined;

/** `[a][b]` is `b` inside `a`; brackets that do not pair belong to the one name (`extractNameInNestedBrackets`). */
const claimPath = (inside: string): readonly string[] => {
  const names = inside.split('][');
  return names.every((name) => name !== '' && !/[[\]]/.test(name)) ? names : [inside];
};

const isMetadata = 'experimental.envoy.filters.';

/** Of which Envoy's header matchers may ask. */
const pseudo = /^:(?:authority|method|path|scheme)$/;

/** @returns `undefined` for a key that is none */
export const conditionKey = (key: string): ConditionKey | undefined => {
  const known = plain.get(key);
  if (known) return known;
  const header = bracketed(key, 'request.headers');
  if (header !== undefined) return isHeaderName(header) || pseudo.test(header) ? { kind: 'header', name: header.toLowerCase() } : undefined;
  const claim = bracketed(key, 'request.auth.claims');
  if (claim !== undefined) return { kind: 'claim', claim: claimPath(claim) };
  if (!key.startsWith(isMetadata) || !key.endsWith(']')) return undefined;
  const open = key.indexOf('[');
  const name = key.slice(open + 1, -1);
  return open <= isMetadata.length || name === ''
    ? undefined
    : { kind: 'metadata', filter: key.slice('experimental.'.length, open), key: name };
};
