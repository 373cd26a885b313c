/**
 * External authorizers of connections. They are asked when the client's first bytes are there, and the proxy waits for their word:
 * a server that would speak first does not, where its callers are delegated. Authorizers that speak HTTP know no connections, and
 * Istio asks them about none.
 */
import { milliseconds, outboundCluster, typed } from '@weft/envoy';
import { ApiVersion } from '@weft/envoy/gen/envoy/config/core/v3/config_source_pb.js';
import { RBAC_Action } from '@weft/envoy/gen/envoy/config/rbac/v3/rbac_pb.js';
import { ExtAuthzSchema } from '@weft/envoy/gen/envoy/extensions/filters/network/ext_authz/v3/ext_authz_pb.js';
import { RBACSchema } from '@weft/envoy/gen/envoy/extensions/filters/network/rbac/v3/rbac_pb.js';
import {
  type AuthorizationSlice,
  connectionMatches,
  type ExternalAuthorizer,
  type Formula,
  type KnownOfConnection,
} from '../mesh/index.ts';
import { marking, rulesByMark } from './connection-guard.ts';
import type { Filters } from './filters.ts';

type Authorizer = Extract<ExternalAuthorizer, { readonly kind: 'grpc' }>;

export interface Delegated {
  readonly authorizer: Authorizer;
  /** The connections that it is asked about. */
  readonly asked: Formula;
}

export const delegatedTo = ({ custom }: AuthorizationSlice, known: KnownOfConnection): readonly Delegated[] =>
  custom.flatMap(({ authorizer, policies }) => {
    if (authorizer.kind !== 'grpc') return [];
    const asked = connectionMatches(policies, known);
    return asked.kind === 'known' && !asked.holds ? [] : [{ authorizer, asked }];
  });

const askingOf = ({ authorizer, asked }: Delegated): Filters => {
  const { name, host, port, timeout, failOpen } = authorizer;
  const isSome = asked.kind !== 'known';
  const [mark, found] = [`weft.connection.delegated.${name}`, `weft_ext_authz_${name}_`];
  const ask = typed(`weft.connection.ask.${name}`, ExtAuthzSchema, {
    statPrefix: 'tcp.',
    grpcService: {
      targetSpecifier: { case: 'envoyGrpc', value: { clusterName: outboundCluster({ port, host }), authority: host } },
      timeout: milliseconds(timeout),
    },
    transportApiVersion: ApiVersion.V3,
    includePeerCertificate: true,
    failureModeAllow: failOpen,
    ...(isSome && {
      filterEnabledMetadata: {
        filter: 'envoy.filters.network.rbac',
        path: [{ segment: { case: 'key', value: `${found}shadow_effective_policy_id` } }],
        value: { matchPattern: { case: 'stringMatch', value: { matchPattern: { case: 'exact', value: mark } } } },
      },
    }),
  });
  if (!isSome) return [ask];
  const tell = typed(`weft.connection.find.${name}`, RBACSchema, {
    statPrefix: 'tcp.',
    shadowRules: rulesByMark(mark, RBAC_Action.DENY),
    shadowRulesStatPrefix: found,
  });
  return [marking(mark, asked), tell, ask];
};

export const delegationFilters = (delegated: readonly Delegated[]): Filters => delegated.flatMap(askingOf);
