/** Tokens that requests may bear: whose they are, what verifies them, and what becomes of their claims. Identity-stable. */
import type { PolicyTarget } from './authorization.ts';
import type { Labels } from './workload.ts';

/** Tokens of one issuer [S113]. */
export interface TokenRule {
  /** Empty: of any issuer who has these keys. */
  readonly issuer: string;
  /** Of which a token must name one; empty: its audience is not looked at. */
  readonly audiences: readonly string[];
  /** JSON Web Key Set; where keys could not be had, one that nobody can sign for [S115]. */
  readonly keys: string;
  /** Where a token is looked for; all empty: `authorization: Bearer …` and the query parameter `access_token`. */
  readonly fromHeaders: readonly { readonly name: string; readonly prefix: string }[];
  readonly fromParams: readonly string[];
  readonly fromCookies: readonly string[];
  /** The server gets the token too. */
  readonly forward: boolean;
  /** Header with the payload, in base64url. */
  readonly payloadHeader?: string;
  readonly claimHeaders: readonly { readonly header: string; readonly claim: string }[];
  /** Claims that are lists of words [S114]. */
  readonly wordLists: readonly string[];
}

/** One RequestAuthentication. */
export interface RequestPolicy {
  /** `namespace/name` */
  readonly key: string;
  readonly namespace: string;
  /** Both as an AuthorizationPolicy's. */
  readonly selector?: Labels;
  readonly targets?: readonly PolicyTarget[];
  readonly rules: readonly TokenRule[];
}

/**
 * Where the claims of a verified token lie for all later filters and for routes: dynamic metadata of this filter, below this key,
 * as they stand in the token: nested objects as objects, lists and lists of words as lists [S114]. `iss` and `sub` are among them.
 */
export const claimsFilter = 'envoy.filters.http.jwt_authn';
export const claimsKey = 'payload';

/** Where keys are fetched from. */
export interface KeySource {
  /** `discovery`: the address is an issuer's, which says where its keys are. */
  readonly kind: 'keys' | 'discovery';
  readonly address: string;
  /** Milliseconds that one fetch may take. */
  readonly timeout: number;
}

/** Sources of one name have the same keys. */
export const keySourceName = ({ kind, address }: Pick<KeySource, 'kind' | 'address'>): string => `${kind} ${address}`;
