/**
 * At gateways policies call ports as Gateways do: where a Service leads port 80 to 8080, Envoy listens on 8080 and a rule about 80 would
 * match nothing (ISTIO-SECURITY-2021-002). A number that no Gateway says is that of a listener. Istio's way is always the latter [G20].
 */
import { type AuthorizationPolicy, askedIn, type Conditions, type Mesh, policyKey, type Test, withConditions } from '../mesh/index.ts';
import { gatewaysOf, type Listening, mergeGateways } from './gateway-listeners.ts';

/** Where the port that a Gateway says is listened on; of those that differ. */
type BoundPorts = ReadonlyMap<number, readonly number[]>;

const boundPorts = (mesh: Mesh, proxy: Listening): BoundPorts => {
  const { ports } = mergeGateways(mesh, proxy, gatewaysOf(mesh, proxy.labels));
  const pairs = ports.flatMap(({ port, members }) => members.map(({ listener }) => [listener.port, port] as const));
  const bound = Map.groupBy(pairs, ([declared]) => declared);
  const differing = [...bound].filter(([declared, found]) => found.some(([, port]) => port !== declared));
  return new Map(differing.map(([declared, found]) => [declared, [...new Set(found.map(([, port]) => port))]]));
};

const testAt = (test: Test, ports: BoundPorts): Test =>
  test.kind === 'destination-port' ? { ...test, values: test.values.flatMap((port) => ports.get(port) ?? [port]) } : test;

const policyAt = (policy: AuthorizationPolicy, ports: BoundPorts): AuthorizationPolicy => {
  const at = (conditions: Conditions): Conditions => conditions.map((condition) => ({ ...condition, test: testAt(condition.test, ports) }));
  return { ...policy, rules: policy.rules.map((rule) => withConditions(rule, at)) };
};

const asksForPorts = (policy: AuthorizationPolicy): boolean => askedIn(policy).some(({ test }) => test.kind === 'destination-port');

/** The policies of a gateway, about the ports that it listens on. */
export const atBoundPorts = (mesh: Mesh, proxy: Listening, policies: readonly AuthorizationPolicy[]): readonly AuthorizationPolicy[] => {
  if (mesh.rules.compatibility === 'istio' || !policies.some(asksForPorts)) return policies;
  const ports = boundPorts(mesh, proxy);
  if (ports.size === 0) return policies;
  const key = [...ports].map(([declared, bound]) => `${declared}>${bound.join('+')}`).join();
  return policies.map((policy) =>
    asksForPorts(policy) ? mesh.memo(`${policyKey(policy)} at ${key}`, [policy], () => policyAt(policy, ports)) : policy,
  );
};
