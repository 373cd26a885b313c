/**
 * Policies that decide nothing about connections, and tell what they would have done [S101, S111]. No address has to be kept from
 * anybody here, so network RBAC filters say it, on the client's first words. They are resources of their own: to try a policy ends no
 * connection. One such filter tells of one set of rules, so there are three.
 */
import { create, type Encoded, encodeResource, type Init } from '@weft/envoy';
import type { AccessLogFilterSchema } from '@weft/envoy/gen/envoy/config/accesslog/v3/accesslog_pb.js';
import { TypedExtensionConfigSchema } from '@weft/envoy/gen/envoy/config/core/v3/extension_pb.js';
import { RBAC_Action } from '@weft/envoy/gen/envoy/config/rbac/v3/rbac_pb.js';
import { RBACSchema } from '@weft/envoy/gen/envoy/extensions/filters/network/rbac/v3/rbac_pb.js';
import { type AuthorizationPolicy, type AuthorizationSlice, type Conditions, connectionRule, withConditions } from '../mesh/index.ts';
import { discoveredFilter, extension } from './extensions.ts';
import type { Filters } from './filters.ts';
import { namedRules, type RuleNaming, rbac } from './rbac.ts';
import type { Part } from './remember.ts';

interface Trial {
  readonly place: string;
  /** Before the names of what it tells; those of requests are the same. */
  readonly told: string;
  readonly action: RBAC_Action;
  readonly policiesOf: (slice: AuthorizationSlice) => readonly AuthorizationPolicy[];
}

const tried = (policies: readonly AuthorizationPolicy[]) => policies.filter(({ dryRun }) => dryRun);

const audit: Trial = {
  place: 'authorization.tcp.audit',
  told: 'istio_audit_',
  // What is audited is what shadow rules would let pass.
  action: RBAC_Action.ALLOW,
  policiesOf: ({ audit: policies }) => policies.filter(({ dryRun }) => !dryRun),
};

const deny: Trial = {
  place: 'authorization.tcp.deny',
  told: 'istio_dry_run_deny_',
  action: RBAC_Action.DENY,
  policiesOf: ({ deny: policies }) => tried(policies),
};

const allow: Trial = {
  place: 'authorization.tcp.allow',
  told: 'istio_dry_run_allow_',
  action: RBAC_Action.ALLOW,
  policiesOf: ({ allow: policies }) => tried(policies),
};

const trials = [audit, deny, allow];

/** What stands before every proxy of connections, without such policies too, so that the first one changes no chain. */
export const trialFilters: Filters = trials.map(({ place }) => discoveredFilter(place, RBACSchema));

/** Nobody speaks for a connection: whose it is is who opened it. */
const ofConnections: RuleNaming['reduced'] = (rule, policy) => {
  const left = connectionRule(rule, policy);
  const opened = (conditions: Conditions): Conditions =>
    conditions.map(({ test, ...condition }) => {
      if (test.kind !== 'remote-ip') return { ...condition, test };
      return { ...condition, test: { kind: test.kind, values: test.values } };
    });
  return left && withConditions(left, opened);
};

const trialOf = ({ place, told, action, policiesOf }: Trial, slice: AuthorizationSlice): Encoded => {
  const policies = policiesOf(slice);
  const rules = policies.length > 0 && {
    shadowRules: rbac(action, namedRules(policies, { reduced: ofConnections })),
    shadowRulesStatPrefix: told,
  };
  const config = extension(place, RBACSchema, { statPrefix: 'tcp.', ...rules });
  return encodeResource(place, TypedExtensionConfigSchema, create(TypedExtensionConfigSchema, config));
};

export const trialResources = (slice: AuthorizationSlice): Part => trials.map((trial) => trialOf(trial, slice));

/** Where they leave what they found. */
const metadata = 'envoy.filters.network.rbac';

const found = ({ told }: Trial, key: string): string => `%DYNAMIC_METADATA(${metadata}:${told}shadow_${key})%`;

const hasFound = ({ told }: Trial, verdict: string): Init<typeof AccessLogFilterSchema> => ({
  filterSpecifier: {
    case: 'metadataFilter',
    value: {
      matcher: {
        filter: metadata,
        path: [{ segment: { case: 'key', value: `${told}shadow_engine_result` } }],
        value: { matchPattern: { case: 'stringMatch', value: { matchPattern: { case: 'exact', value: verdict } } } },
      },
      matchIfKeyNotFound: false,
    },
  },
});

/** What of it is worth a line in the log. */
export const trialsTold: Init<typeof AccessLogFilterSchema> = {
  filterSpecifier: {
    case: 'orFilter',
    value: { filters: [hasFound(audit, 'allowed'), hasFound(deny, 'denied'), hasFound(allow, 'denied')] },
  },
};

export const trialLine = {
  audited: found(audit, 'effective_policy_id'),
  dryRunDeny: found(deny, 'effective_policy_id'),
  dryRunAllow: found(allow, 'engine_result'),
};
