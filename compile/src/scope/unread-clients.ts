/**
 * Behind proxies that are trusted, whoever they do not speak of is nobody: where their word is missing or no address, Envoy goes by that
 * of the connection, which is a proxy's own. ALLOW rules about clients then fit nobody, all others everybody [S109]; Istio's way is to
 * believe the proxy's address.
 */
import { type AuthorizationPolicy, askedIn, type Conditions, type Mesh, policyKey, type Trust, withConditions } from '../mesh/index.ts';

type Gateway = { readonly namespace: string; readonly name: string };

/** The pod's own word replaces the mesh's, as the annotation does in Istio. */
export const trustIn = ({ workloads, rules }: Mesh, { namespace, name }: Gateway): Trust | undefined =>
  workloads.get(`${namespace}/${name}`)?.trust ?? rules.trust;

const asksForClients = (policy: AuthorizationPolicy): boolean => askedIn(policy).some(({ test }) => test.kind === 'remote-ip');

const judgingUnread = (policy: AuthorizationPolicy): AuthorizationPolicy => {
  const unread = policy.action === 'ALLOW' ? 'unmet' : 'met';
  const judging = (conditions: Conditions): Conditions =>
    conditions.map((condition) =>
      condition.test.kind === 'remote-ip' ? { ...condition, test: { ...condition.test, unread } } : condition,
    );
  return { ...policy, rules: policy.rules.map((rule) => withConditions(rule, judging)) };
};

/** The policies of a gateway, with what becomes of those whose client nobody can tell. */
export const withUnreadClients = (
  mesh: Mesh,
  gateway: Gateway,
  policies: readonly AuthorizationPolicy[],
): readonly AuthorizationPolicy[] => {
  if (mesh.rules.compatibility === 'istio' || !trustIn(mesh, gateway)?.hops) return policies;
  return policies.map((policy) =>
    asksForClients(policy) ? mesh.memo(`${policyKey(policy)} of unread clients`, [policy], () => judgingUnread(policy)) : policy,
  );
};
