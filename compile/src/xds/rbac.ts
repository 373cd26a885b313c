/**
 * Rules of policies as Envoy's RBAC engine has them, for HTTP and for connections alike. What a peer is is asked of the URI names of
 * its certificate, and only where that certificate was verified [S108].
 */
import { create, type Init, pack } from '@weft/envoy';
import type { CidrRangeSchema } from '@weft/envoy/gen/envoy/config/core/v3/address_pb.js';
import {
  type PermissionSchema,
  type PolicySchema,
  type PrincipalSchema,
  type RBAC_Action,
  RBACSchema,
} from '@weft/envoy/gen/envoy/config/rbac/v3/rbac_pb.js';
import type { HeaderMatcherSchema } from '@weft/envoy/gen/envoy/config/route/v3/route_components_pb.js';
import { UriTemplateMatchConfigSchema } from '@weft/envoy/gen/envoy/extensions/path/match/uri_template/v3/uri_template_match_pb.js';
import { ConfigSchema as MtlsPrincipalSchema } from '@weft/envoy/gen/envoy/extensions/rbac/principals/mtls_authenticated/v3/mtls_authenticated_pb.js';
import { SubjectAltNameMatcher_SanType } from '@weft/envoy/gen/envoy/extensions/transport_sockets/tls/v3/common_pb.js';
import type { MetadataMatcherSchema } from '@weft/envoy/gen/envoy/type/matcher/v3/metadata_pb.js';
import type { StringMatcherSchema } from '@weft/envoy/gen/envoy/type/matcher/v3/string_pb.js';
import type { ValueMatcherSchema } from '@weft/envoy/gen/envoy/type/matcher/v3/value_pb.js';
import type {
  AccountName,
  AuthorizationPolicy,
  AuthorizationRule,
  Conditions,
  Glob,
  PathTemplate,
  Spelling,
  Test,
  TextMatch,
} from '../mesh/index.ts';
import { claimsFilter, claimsKey, literally, ruleName } from '../mesh/index.ts';
import { clientIsRead, comesOnce } from './request-states.ts';

type Permission = Init<typeof PermissionSchema>;
type Principal = Init<typeof PrincipalSchema>;
type Policy = Init<typeof PolicySchema>;
type StringMatcher = Init<typeof StringMatcherSchema>;
type Value = Init<typeof ValueMatcherSchema>;

const regex = (text: string): StringMatcher => ({ matchPattern: { case: 'safeRegex', value: { regex: text } } });

/** Values of headers need not be text, and of other bytes `.` is none. */
const anyBytes = '\\C*';

const stringMatcher = (match: TextMatch | Spelling, ignoreCase = false): StringMatcher => {
  if (match.kind === 'spelling') return regex(match.pattern.replaceAll('.*', anyBytes));
  return match.kind === 'present' ? regex('.+') : { matchPattern: { case: match.kind, value: match.value }, ignoreCase };
};

/** One segment of an identity, which is never empty. */
const segment = ({ pieces }: Glob): string => (pieces.every((piece) => piece === '') ? '[^/]+' : pieces.map(literally).join('[^/]*'));

const anySegment: Glob = { kind: 'glob', pieces: ['', ''] };
const name = (text: string): Glob => ({ kind: 'glob', pieces: [text] });

interface IdentityParts {
  readonly trustDomain?: Glob;
  readonly namespace?: Glob;
  readonly account?: Glob;
}

/**
 * Envoy has no matcher for parts of an identity but an expression of the whole. It is made segment by segment, so that none takes
 * more than its own: `spiffe://x/ns/a/sa/b/ns/c/sa/d` is in no namespace.
 */
const identity = ({ trustDomain = anySegment, namespace = anySegment, account = anySegment }: IdentityParts): StringMatcher =>
  regex(`spiffe://${segment(trustDomain)}/ns/${segment(namespace)}/sa/${segment(account)}`);

const spiffe = 'spiffe://';

const peer = (config: Init<typeof MtlsPrincipalSchema>): Principal => ({
  identifier: {
    case: 'custom',
    value: {
      name: 'envoy.rbac.principals.mtls_authenticated',
      typedConfig: pack(MtlsPrincipalSchema, create(MtlsPrincipalSchema, config)),
    },
  },
});

const uriName = (matcher: StringMatcher): Principal => peer({ sanMatcher: { sanType: SubjectAltNameMatcher_SanType.URI, matcher } });

const allPrincipals = (ids: readonly Principal[]): Principal => {
  const [only, ...others] = ids;
  if (!only) return { identifier: { case: 'any', value: true } };
  return others.length === 0 ? only : { identifier: { case: 'andIds', value: { ids: [...ids] } } };
};

const anyPrincipal = (ids: readonly Principal[]): Principal => {
  const [only, ...others] = ids;
  return only && others.length === 0 ? only : { identifier: { case: 'orIds', value: { ids: [...ids] } } };
};

const principalName = (match: TextMatch): Principal => {
  switch (match.kind) {
    case 'present':
      return peer({ anyValidatedClientCertificate: true });
    case 'suffix':
      return allPrincipals([uriName({ matchPattern: { case: 'prefix', value: spiffe } }), uriName(stringMatcher(match))]);
    default:
      return uriName({ matchPattern: { case: match.kind, value: `${spiffe}${match.value}` } });
  }
};

const accountName = ({ namespace, name: account }: AccountName): Principal =>
  uriName(identity({ namespace: name(namespace), account: name(account) }));

const range = ({ address, bits }: { readonly address: string; readonly bits: number }): Init<typeof CidrRangeSchema> => ({
  addressPrefix: address,
  prefixLen: bits,
});

const textValue = (match: TextMatch): Value => ({ matchPattern: { case: 'stringMatch', value: stringMatcher(match) } });

const listOf = (value: Value): Value => ({ matchPattern: { case: 'listMatch', value: { matchPattern: { case: 'oneOf', value } } } });

const anyValue = (values: readonly Value[]): Value => {
  const [only, ...others] = values;
  return only && others.length === 0 ? only : { matchPattern: { case: 'orMatch', value: { valueMatchers: [...values] } } };
};

const metadata = (filter: string, keys: readonly string[], value: Value): Init<typeof MetadataMatcherSchema> => ({
  filter,
  path: keys.map((key) => ({ segment: { case: 'key', value: key } })),
  value,
});

const claim = (path: readonly string[], value: Value): Principal => ({
  identifier: { case: 'metadata', value: metadata(claimsFilter, [claimsKey, ...path], value) },
});

/** A text, or a list of which one element matches [S114]. */
const claimValue = (values: readonly TextMatch[]): Value => {
  const texts = anyValue(values.map(textValue));
  return anyValue([listOf(texts), texts]);
};

const header = (headerName: string, match: TextMatch | Spelling, ignoreCase = false): Init<typeof HeaderMatcherSchema> => ({
  name: headerName,
  headerMatchSpecifier:
    match.kind === 'present' ? { case: 'presentMatch', value: true } : { case: 'stringMatch', value: stringMatcher(match, ignoreCase) },
});

const anyRule = (rules: readonly Permission[]): Permission => {
  const [only, ...others] = rules;
  return only && others.length === 0 ? only : { rule: { case: 'orRules', value: { rules: [...rules] } } };
};

const segmentText = ({ segments }: PathTemplate): string =>
  segments.map((part) => (part.kind === 'literal' ? part.value : part.kind === 'one' ? '*' : '**')).join('/');

const path = (match: TextMatch | PathTemplate | Spelling): Permission => {
  if (match.kind !== 'template') return { rule: { case: 'urlPath', value: { rule: { case: 'path', value: stringMatcher(match) } } } };
  const config = create(UriTemplateMatchConfigSchema, { pathTemplate: `/${segmentText(match)}` });
  const typedConfig = pack(UriTemplateMatchConfigSchema, config);
  return { rule: { case: 'uriTemplate', value: { name: 'envoy.path.match.uri_template.uri_template_matcher', typedConfig } } };
};

type PathMatch = Parameters<typeof path>[0];

const markOf = (match: PathMatch): string => (match.kind === 'spelling' && match.mark) || '';

/** Expressions cost ten times as much as texts: they are asked where there is something that only they know of. */
const paths = (values: readonly PathMatch[]): readonly Permission[] => {
  const marks = [...new Set(values.map(markOf))].filter((mark) => mark !== '');
  const marked = marks.map((mark): Permission => {
    const rules = [path({ kind: 'contains', value: mark }), anyRule(values.filter((match) => markOf(match) === mark).map(path))];
    return { rule: { case: 'andRules', value: { rules } } };
  });
  return [...values.filter((match) => markOf(match) === '').map(path), ...marked];
};

/** What is asked of who calls; `undefined`: the test is of something else. */
const principals = (test: Test): readonly Principal[] | undefined => {
  switch (test.kind) {
    case 'principal':
      return test.values.map(principalName);
    case 'namespace':
      return test.values.map((namespace) => uriName(identity({ namespace })));
    case 'service-account':
      return test.values.map(accountName);
    case 'trust-domain':
      return test.values.map((trustDomain) => uriName(identity({ trustDomain })));
    case 'request-principal':
      return test.values.map(({ issuer, subject }) =>
        allPrincipals([claim(['iss'], textValue(issuer)), claim(['sub'], textValue(subject))]),
      );
    case 'claim':
      return [claim(test.claim, claimValue(test.values))];
    case 'source-ip':
      return test.values.map((block) => ({ identifier: { case: 'directRemoteIp', value: range(block) } }));
    case 'remote-ip':
      return test.values.map((block) => ({ identifier: { case: 'remoteIp', value: range(block) } }));
    case 'header': {
      const values = test.values.map((value): Principal => ({ identifier: { case: 'header', value: header(test.name, value) } }));
      return test.once ? [allPrincipals([comesOnce(test.name), anyPrincipal(values)])] : values;
    }
    default:
      return undefined;
  }
};

/** What is asked of what is called. */
const permissions = (test: Test): readonly Permission[] | undefined => {
  switch (test.kind) {
    case 'destination-ip':
      return test.values.map((block) => ({ rule: { case: 'destinationIp', value: range(block) } }));
    case 'destination-port':
      return test.values.map((value) => ({ rule: { case: 'destinationPort', value } }));
    case 'server-name':
      return test.values.map((value) => ({ rule: { case: 'requestedServerName', value: stringMatcher(value) } }));
    case 'host':
      return test.values.map((value) => ({ rule: { case: 'header', value: header(':authority', value, true) } }));
    case 'method':
      return test.values.map((value) => ({ rule: { case: 'header', value: header(':method', value) } }));
    case 'path':
      return paths(test.values);
    case 'metadata':
      return test.values.map(({ list, text }) => {
        const value = list ? listOf(textValue(text)) : textValue(text);
        return { rule: { case: 'metadata', value: metadata(test.filter, [test.key], value) } };
      });
    default:
      return undefined;
  }
};

const notPrincipal = (value: Principal): Principal => ({ identifier: { case: 'notId', value } });

/** Whatever the rule says of clients, where nobody can read who the client is. */
const whereUnread = (test: Test, said: Principal): Principal => {
  if (test.kind !== 'remote-ip' || !test.unread) return said;
  return test.unread === 'met' ? anyPrincipal([notPrincipal(clientIsRead), said]) : allPrincipals([clientIsRead, said]);
};

const principalsOf = (conditions: Conditions): Principal =>
  allPrincipals(
    conditions.flatMap(({ negated, test }) => {
      const ids = principals(test);
      if (!ids) return [];
      const one = anyPrincipal(ids);
      return [whereUnread(test, negated ? notPrincipal(one) : one)];
    }),
  );

const permissionsOf = (conditions: Conditions): Permission => {
  const all = conditions.flatMap(({ negated, test }): Permission[] => {
    const rules = permissions(test);
    if (!rules) return [];
    const one = anyRule(rules);
    return [negated ? { rule: { case: 'notRule', value: one } } : one];
  });
  const [only, ...others] = all;
  if (!only) return { rule: { case: 'any', value: true } };
  return others.length === 0 ? only : { rule: { case: 'andRules', value: { rules: all } } };
};

const policyOf = ({ from, to, when }: AuthorizationRule): Policy => ({
  permissions: to.map((conditions) => permissionsOf([...conditions, ...when])),
  principals: from.map((conditions) => principalsOf([...conditions, ...when])),
});

/** ALLOW without rules still counts, so that everything is refused [S103]. */
const never: Policy = {
  permissions: [{ rule: { case: 'notRule', value: { rule: { case: 'any', value: true } } } }],
  principals: [notPrincipal({ identifier: { case: 'any', value: true } })],
};

export interface RuleNaming {
  /** What goes before and behind a rule's name, where others than the filter itself read it. */
  readonly before?: string;
  readonly after?: string;
  /** What is left of a rule; nothing: it never holds. */
  readonly reduced?: (rule: AuthorizationRule, policy: AuthorizationPolicy) => AuthorizationRule | undefined;
}

const rulesOf = (policy: AuthorizationPolicy, { reduced }: RuleNaming): readonly Policy[] => {
  if (policy.rules.length === 0) return [never];
  return policy.rules.map((rule) => {
    const left = reduced ? reduced(rule, policy) : rule;
    return left ? policyOf(left) : never;
  });
};

/** A policy's rules under their names. */
export const namedRules = (policies: readonly AuthorizationPolicy[], naming: RuleNaming = {}): Record<string, Policy> => {
  const { before = '', after = '' } = naming;
  return Object.fromEntries(
    policies.flatMap((policy) =>
      rulesOf(policy, naming).map((rule, index) => [`${before}${ruleName(policy, index)}${after}`, rule] as const),
    ),
  );
};

export const rbac = (action: RBAC_Action, policies: Record<string, Policy>) => create(RBACSchema, { action, policies });
