/**
 * Who may do what: policies in parsed form. RBAC filters, CEL expressions for TCP and the verdicts of `explain` are all made of
 * these values, never of what was written, so that they cannot disagree.
 */
import type { Network } from '@weft/model';
import type { Labels } from './workload.ts';

/** In the order in which they are asked [S101, S102]. */
export type AuthorizationAction = 'CUSTOM' | 'AUDIT' | 'DENY' | 'ALLOW';

/** What a text has to be; `present` is any but the empty one [S105]. */
export type TextMatch =
  | { readonly kind: 'exact'; readonly value: string }
  | { readonly kind: 'prefix'; readonly value: string }
  | { readonly kind: 'suffix'; readonly value: string }
  /** Nobody writes it: a suffix with something behind it, where policies are read strictly. */
  | { readonly kind: 'contains'; readonly value: string }
  | { readonly kind: 'present' };

/** Literal pieces, between each two of which anything may stand that has no `/`: `team-*-prod` is `team-` and `-prod`. */
export interface Glob {
  readonly kind: 'glob';
  readonly pieces: readonly [string, ...string[]];
}

/** `{*}` is one segment of a path, `{**}` whatever is left. */
export type PathSegment = { readonly kind: 'literal'; readonly value: string } | { readonly kind: 'one' } | { readonly kind: 'rest' };

export interface PathTemplate {
  readonly kind: 'template';
  readonly segments: readonly PathSegment[];
}

/** Nobody writes it either: other spellings of a text, as an expression of RE2 for the whole. */
export interface Spelling {
  readonly kind: 'spelling';
  readonly of: TextMatch | PathTemplate;
  readonly pattern: string;
  /** Without this in it, what fits the expression fits the text itself. */
  readonly mark?: string;
}

/** A verified token's issuer and subject, both of which must match. */
export interface RequestPrincipal {
  readonly issuer: TextMatch;
  readonly subject: TextMatch;
}

export interface AccountName {
  readonly namespace: string;
  readonly name: string;
}

/** Of metadata that some filter left: a text, or a list of texts of which one must match. */
export interface MetadataValue {
  readonly list: boolean;
  readonly text: TextMatch;
}

/**
 * A question about a request or a connection; one of the values must match. `principal` is compared without `spiffe://`, trust
 * domains' aliases included [S98]; `namespace`, `service-account` and `trust-domain` are parts of the same identity, and all four
 * match nobody whose certificate was not verified [S108].
 */
export type Test =
  | { readonly kind: 'principal'; readonly values: readonly TextMatch[] }
  | { readonly kind: 'namespace'; readonly values: readonly Glob[] }
  | { readonly kind: 'service-account'; readonly values: readonly AccountName[] }
  | { readonly kind: 'trust-domain'; readonly values: readonly Glob[] }
  | { readonly kind: 'request-principal'; readonly values: readonly RequestPrincipal[] }
  /** By the path to it: `groups`, or `realm` and `roles`. A list matches by any of its elements [S114]. */
  | { readonly kind: 'claim'; readonly claim: readonly string[]; readonly values: readonly TextMatch[] }
  /** `source-ip` is who opened the connection, `remote-ip` the client that proxies speak of [S109]. */
  | {
      readonly kind: 'source-ip' | 'remote-ip' | 'destination-ip';
      readonly values: readonly Network[];
      /** What the condition is, negated or not, where nobody can read who the client is; absent: proxies that speak for others are not trusted. */
      readonly unread?: 'met' | 'unmet';
    }
  | { readonly kind: 'destination-port'; readonly values: readonly number[] }
  | { readonly kind: 'server-name'; readonly values: readonly TextMatch[] }
  /** In whatever case. */
  | { readonly kind: 'host'; readonly values: readonly TextMatch[] }
  | { readonly kind: 'method'; readonly values: readonly TextMatch[] }
  /** Without the query. */
  | { readonly kind: 'path'; readonly values: readonly (TextMatch | PathTemplate | Spelling)[] }
  /** Of a header that comes several times any value will do, but where it has to come `once`: then it has no value that everybody agrees on. */
  | { readonly kind: 'header'; readonly name: string; readonly values: readonly (TextMatch | Spelling)[]; readonly once?: true }
  | { readonly kind: 'metadata'; readonly filter: string; readonly key: string; readonly values: readonly MetadataValue[] };

/** One field of a rule, as far as it says something. */
export interface Condition {
  /** Where it stands: `spec.rules[0].from[1].source.notPrincipals`. */
  readonly path: string;
  /** `not...`: none of the values may match. */
  readonly negated: boolean;
  readonly test: Test;
}

/** All of them must hold; without any, everything does. */
export type Conditions = readonly Condition[];

export interface AuthorizationRule {
  /** One entry must hold. Never empty: a rule without `from` or `to` has one entry that always holds [S104]. */
  readonly from: readonly Conditions[];
  readonly to: readonly Conditions[];
  readonly when: Conditions;
}

/** The object that a policy is attached to instead of selecting workloads. */
export interface PolicyTarget {
  readonly kind: 'Service' | 'Gateway';
  readonly name: string;
}

/** All that a rule asks for anywhere. */
export const conditionsOf = ({ from, to, when }: AuthorizationRule): Conditions => [...from.flat(), ...to.flat(), ...when];

/** The rule with its conditions, group by group, made others. */
export const withConditions = ({ from, to, when }: AuthorizationRule, made: (conditions: Conditions) => Conditions): AuthorizationRule => ({
  from: from.map(made),
  to: to.map(made),
  when: made(when),
});

export interface AuthorizationPolicy {
  readonly namespace: string;
  readonly name: string;
  readonly action: AuthorizationAction;
  /** Of CUSTOM: the name of the provider in the mesh's settings. */
  readonly provider?: string;
  /** It is evaluated and told of, and decides nothing [S111]. */
  readonly dryRun: boolean;
  /** Absent: all workloads of its namespace, or of the mesh in the root namespace [S107]. */
  readonly selector?: Labels;
  /** Absent: whatever the selector says. Empty: none that is known, so that it is for nobody. */
  readonly targets?: readonly PolicyTarget[];
  /** None: it never matches, which for ALLOW leaves everything refused [S103]. */
  readonly rules: readonly AuthorizationRule[];
}

/** Everything that its rules ask about. */
export const askedIn = ({ rules }: AuthorizationPolicy): Conditions => rules.flatMap(conditionsOf);

/** One that is withdrawn may stand beside its successor, which is asked of others. */
export const policyKey = ({ action, provider, namespace, name }: AuthorizationPolicy): string =>
  `${action} ${provider ?? ''} ${namespace}/${name}`;

/** Name of a rule in statistics, logs and verdicts [S112]. */
export const ruleName = ({ namespace, name }: Pick<AuthorizationPolicy, 'namespace' | 'name'>, index: number): string =>
  `ns[${namespace}]-policy[${name}]-rule[${index}]`;

/** Behind the name of a rule that refuses because nobody can be asked; Istio's. */
export const undecidable = '-deny-due-to-bad-CUSTOM-action';

const httpTests: ReadonlySet<Test['kind']> = new Set(['request-principal', 'claim', 'host', 'method', 'path', 'header']);

/** Whether only requests have what is asked for; on TCP such a condition makes an ALLOW rule vanish and others wider [S106]. */
export const isHttpOnly = ({ test }: Condition): boolean => httpTests.has(test.kind);

/** Headers as ext_authz compares their names: in whatever case. */
export type HeaderNames = readonly Exclude<TextMatch, { readonly kind: 'present' }>[];

interface Authorizer {
  readonly name: string;
  /** Its service's. */
  readonly host: string;
  readonly port: number;
  /** Milliseconds. */
  readonly timeout: number;
  /** Requests pass while it cannot be reached. */
  readonly failOpen: boolean;
  /** Routes are chosen again by what it adds to a request. */
  readonly clearRouteCache: boolean;
  /** What callers get when it cannot be reached; absent: 403. */
  readonly statusOnError?: number;
  readonly body?: { readonly maxBytes: number; readonly partial: boolean; readonly asBytes: boolean };
}

/** Who is asked about the requests of CUSTOM policies. */
export type ExternalAuthorizer =
  | ({ readonly kind: 'grpc' } & Authorizer)
  | ({
      readonly kind: 'http';
      readonly pathPrefix: string;
      readonly requestHeaders: HeaderNames;
      readonly addedHeaders: Readonly<Record<string, string>>;
      readonly headersToUpstream: HeaderNames;
      readonly headersToDownstreamOnAllow: HeaderNames;
      readonly headersToDownstreamOnDeny: HeaderNames;
    } & Authorizer);

/** The CUSTOM policies of one provider. */
export interface Delegation {
  readonly authorizer: ExternalAuthorizer;
  readonly policies: readonly AuthorizationPolicy[];
}

/**
 * All policies for one workload, by namespace and name. Identity-stable, and shared by the proxies for which they are the same.
 * Of several rules that match, Envoy tells of the one whose `ruleName` is the smallest text.
 */
export interface AuthorizationSlice {
  /** Whoever can be asked, whether or not a policy here names it: the mesh's own list. */
  readonly authorizers: readonly ExternalAuthorizer[];
  /** In the order of the mesh's settings. */
  readonly custom: readonly Delegation[];
  /** CUSTOM policies about which nobody can be asked: what they match is refused [S110]. */
  readonly undecided: readonly AuthorizationPolicy[];
  /** CUSTOM policies of before, which authorizers are still asked about until their proxy has all that came instead. */
  readonly withdrawn: readonly AuthorizationPolicy[];
  readonly audit: readonly AuthorizationPolicy[];
  readonly deny: readonly AuthorizationPolicy[];
  readonly allow: readonly AuthorizationPolicy[];
}

/** A CUSTOM policy that was changed or deleted, and the proxies (`namespace/name`) that may not have what came instead. */
export interface WithdrawnPolicy {
  readonly policy: AuthorizationPolicy;
  readonly proxies: ReadonlySet<string>;
}

/** Bears the id of a refusal [G21]. */
export const denialHeader = 'x-weft-denial-id';
