/** What a request is hashed by, as routes carry it [S57]. */
import { type Init, milliseconds } from '@weft/envoy';
import type { RouteAction_HashPolicySchema } from '@weft/envoy/gen/envoy/config/route/v3/route_components_pb.js';
import type { HashKey } from '../mesh/index.ts';

type Policy = Init<typeof RouteAction_HashPolicySchema>;

const hashPolicy = (key: HashKey): Policy => {
  switch (key.kind) {
    case 'header':
      return { policySpecifier: { case: 'header', value: { headerName: key.name } } };
    case 'cookie': {
      const { name, path = '', ttl, attributes } = key;
      const made = ttl === undefined ? {} : { ttl: milliseconds(ttl) };
      return { policySpecifier: { case: 'cookie', value: { name, path, ...made, attributes: attributes.map((one) => ({ ...one })) } } };
    }
    case 'source-address':
      return { policySpecifier: { case: 'connectionProperties', value: { sourceIp: true } } };
    case 'query-parameter':
      return { policySpecifier: { case: 'queryParameter', value: { name: key.name } } };
  }
};

export const hashPolicies = (keys: readonly HashKey[] | undefined): { readonly hashPolicy?: Policy[] } =>
  keys?.length ? { hashPolicy: keys.map(hashPolicy) } : {};
