/**
 * External authorizers. What the rules of CUSTOM policies match is found out by an RBAC filter that only tells (its shadow rules);
 * of that and nothing else the authorizer is asked, so that its failure harms no other request [S110].
 */
import { decidingPlace, type Encoded, type Init, milliseconds, outboundCluster } from '@weft/envoy';
import { ApiVersion } from '@weft/envoy/gen/envoy/config/core/v3/config_source_pb.js';
import { RBAC_Action } from '@weft/envoy/gen/envoy/config/rbac/v3/rbac_pb.js';
import { ExtAuthzSchema, type HttpServiceSchema } from '@weft/envoy/gen/envoy/extensions/filters/http/ext_authz/v3/ext_authz_pb.js';
import { RBACSchema } from '@weft/envoy/gen/envoy/extensions/filters/http/rbac/v3/rbac_pb.js';
import type { MetadataMatcherSchema } from '@weft/envoy/gen/envoy/type/matcher/v3/metadata_pb.js';
import type { ListStringMatcherSchema } from '@weft/envoy/gen/envoy/type/matcher/v3/string_pb.js';
import type { AuthorizationRule, AuthorizationSlice, Condition, ExternalAuthorizer, HeaderNames } from '../mesh/index.ts';
import { chainAt, type Extension, extension } from './extensions.ts';
import { namedRules, rbac } from './rbac.ts';
import { stateFilters } from './request-states.ts';

type Named = Pick<ExternalAuthorizer, 'name'>;

/** Of each authorizer its own: with a common one the last filter's word would be everybody's. */
const telling = ({ name }: Named): string => `istio_ext_authz_${name}_`;

const rulePrefix = 'istio-ext-authz-';

/** Where RBAC filters leave what they found. */
const isFound = (authorizer: Named): Init<typeof MetadataMatcherSchema> => ({
  filter: 'envoy.filters.http.rbac',
  path: [{ segment: { case: 'key', value: `${telling(authorizer)}shadow_effective_policy_id` } }],
  value: { matchPattern: { case: 'stringMatch', value: { matchPattern: { case: 'prefix', value: rulePrefix } } } },
});

const headers = (names: HeaderNames): Init<typeof ListStringMatcherSchema> | undefined =>
  names.length === 0
    ? undefined
    : { patterns: names.map(({ kind, value }) => ({ matchPattern: { case: kind, value }, ignoreCase: true })) };

type Http = Extract<ExternalAuthorizer, { readonly kind: 'http' }>;

const httpService = (authorizer: Http): Init<typeof HttpServiceSchema> => {
  const { host, port, timeout, pathPrefix, addedHeaders } = authorizer;
  const cluster = outboundCluster({ port, host });
  const upstream = headers(authorizer.headersToUpstream);
  const onDeny = headers(authorizer.headersToDownstreamOnDeny);
  const onAllow = headers(authorizer.headersToDownstreamOnAllow);
  return {
    pathPrefix,
    serverUri: { uri: `http://${host}`, timeout: milliseconds(timeout), httpUpstreamType: { case: 'cluster', value: cluster } },
    authorizationRequest: { headersToAdd: Object.entries(addedHeaders).map(([key, value]) => ({ key, value })) },
    authorizationResponse: {
      ...(upstream && { allowedUpstreamHeaders: upstream }),
      ...(onDeny && { allowedClientHeaders: onDeny }),
      ...(onAllow && { allowedClientHeadersOnSuccess: onAllow }),
    },
  };
};

const service = (authorizer: ExternalAuthorizer): Init<typeof ExtAuthzSchema> => {
  if (authorizer.kind === 'http') {
    const requestHeaders = headers(authorizer.requestHeaders);
    return {
      services: { case: 'httpService', value: httpService(authorizer) },
      ...(requestHeaders && { allowedHeaders: requestHeaders }),
    };
  }
  const { host, port, timeout } = authorizer;
  return {
    services: {
      case: 'grpcService',
      value: {
        targetSpecifier: { case: 'envoyGrpc', value: { clusterName: outboundCluster({ port, host }), authority: host } },
        timeout: milliseconds(timeout),
      },
    },
  };
};

const asking = (authorizer: ExternalAuthorizer): Init<typeof ExtAuthzSchema> => {
  const { failOpen, clearRouteCache, statusOnError, body } = authorizer;
  return {
    ...service(authorizer),
    transportApiVersion: ApiVersion.V3,
    filterEnabledMetadata: isFound(authorizer),
    failureModeAllow: failOpen,
    clearRouteCache,
    ...(statusOnError !== undefined && { statusOnError: { code: statusOnError } }),
    ...(body && { withRequestBody: { maxRequestBytes: body.maxBytes, allowPartialMessage: body.partial, packAsBytes: body.asBytes } }),
  };
};

/** Where an authorizer is asked, if a policy names it. */
export const askingPlace = ({ name }: Named): string => `${decidingPlace}.custom.${name}`;

/**
 * A chain of its own, which ends with the question: what would stand behind it in the same chain is passed over when the answer
 * comes, since Envoy goes on behind the composite filter [E14].
 */
export const askingChain = (authorizer: ExternalAuthorizer, { custom, withdrawn }: AuthorizationSlice): Encoded => {
  const policies = custom.find((delegation) => delegation.authorizer === authorizer)?.policies ?? [];
  const before = withdrawn.filter(({ provider }) => provider === authorizer.name);
  if (policies.length === 0 && before.length === 0) return chainAt(askingPlace(authorizer), []);
  // A policy may stand beside what it was before, under one name.
  const rules = before.map((policy, index) => namedRules([policy], { before: rulePrefix, after: `-withdrawn-${index}` }));
  const shadowRules = rbac(RBAC_Action.DENY, Object.assign(namedRules(policies, { before: rulePrefix }), ...rules));
  return chainAt(askingPlace(authorizer), [
    ...stateFilters(`authorization.headers.${authorizer.name}`, [...policies, ...before]),
    extension(`authorization.find.${authorizer.name}`, RBACSchema, { shadowRules, shadowRulesStatPrefix: telling(authorizer) }),
    extension(`authorization.ask.${authorizer.name}`, ExtAuthzSchema, asking(authorizer)),
  ]);
};

/** Nobody was asked about the request, though rules of this authorizer's may name it. */
const isNotAsked = (authorizer: Named): Condition => {
  const text = { kind: 'prefix', value: rulePrefix } as const;
  const key = `${telling(authorizer)}shadow_effective_policy_id`;
  return { path: '', negated: true, test: { kind: 'metadata', filter: 'envoy.filters.http.rbac', key, values: [{ list: false, text }] } };
};

/**
 * [G30]: a request about which an authorizer is to be asked and was not came by a listener of before the authorizer, whose connections
 * end after their next answer, or Envoy refused the place of the question.
 */
export const refusingUnasked = ({ custom }: AuthorizationSlice): readonly Extension[] => {
  if (custom.length === 0) return [];
  const rules = custom.map(({ authorizer, policies }) => {
    const reduced = (rule: AuthorizationRule): AuthorizationRule => ({ ...rule, when: [...rule.when, isNotAsked(authorizer)] });
    return namedRules(policies, { after: '-not-asked', reduced });
  });
  return [
    ...stateFilters(
      'authorization.headers.asked',
      custom.flatMap(({ policies }) => policies),
    ),
    extension('authorization.asked', RBACSchema, { rules: rbac(RBAC_Action.DENY, Object.assign({}, ...rules)) }),
  ];
};
