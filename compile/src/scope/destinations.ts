/** Which DestinationRule a client obeys for a service [S18]. */
import {
  type ConnectionPool,
  type DestinationPolicy,
  type DestinationRule,
  type HostIndex,
  hostIndex,
  isExported,
  isPublic,
  type Mesh,
  type MeshRules,
  type Service,
  selects,
  type TrafficPolicy,
} from '../mesh/index.ts';
import type { Client } from './client.ts';

type RulesByHost = HostIndex<readonly DestinationRule[]>;
const noRules: RulesByHost = hostIndex<readonly DestinationRule[]>([]);

type Namespaces = ReadonlyMap<string, RulesByHost>;

/** Beside the memo, since each service of each class of clients asks. */
const indices = new WeakMap<Mesh['destinations'], Namespaces>();

const rulesByNamespace = ({ memo, destinations }: Mesh): Namespaces => {
  const known = indices.get(destinations);
  if (known) return known;
  const made = memo('destinations by namespace', [destinations], (inner) => {
    const namespaces = Map.groupBy(destinations, ({ namespace }) => namespace);
    const indexOf = (rules: readonly DestinationRule[]) => hostIndex(Map.groupBy(rules, ({ host }) => host));
    return new Map([...namespaces].map(([namespace, rules]) => [namespace, inner(namespace, rules, () => indexOf(rules))]));
  });
  indices.set(destinations, made);
  return made;
};

export const rulesIn = (mesh: Mesh, namespace: string): RulesByHost => rulesByNamespace(mesh).get(namespace) ?? noRules;

const noPolicy: DestinationPolicy = { policy: () => ({}), subsets: [] };

/** Field by field, what the pool says of connections and else the mesh's settings. */
export const withMeshTcp = (own: ConnectionPool | undefined, { tcp }: MeshRules): ConnectionPool | undefined => {
  if (Object.keys(tcp).length === 0) return own;
  const keepalive = (tcp.keepalive || own?.tcp?.keepalive) && { keepalive: { ...tcp.keepalive, ...own?.tcp?.keepalive } };
  return { ...own, tcp: { ...tcp, ...own?.tcp, ...keepalive } };
};

const completedPool = (own: ConnectionPool | undefined, rules: MeshRules): ConnectionPool => {
  const pool = withMeshTcp(own, rules) ?? {};
  const wanted = own?.http?.h2Upgrade ?? 'DEFAULT';
  return rules.h2Upgrade && wanted === 'DEFAULT' ? { ...pool, http: { ...own?.http, h2Upgrade: 'DECLARED' } } : pool;
};

const completed = (policy: DestinationPolicy, rules: MeshRules): DestinationPolicy => {
  const over = (ofPort: (port: number) => TrafficPolicy) => (port: number) => {
    const own = ofPort(port);
    return { ...own, connectionPool: completedPool(own.connectionPool, rules) };
  };
  return { ...policy, policy: over(policy.policy), subsets: policy.subsets.map((subset) => ({ ...subset, policy: over(subset.policy) })) };
};

const policies = new WeakMap<MeshRules, WeakMap<DestinationPolicy, DestinationPolicy>>();

/** What the rule says, and the mesh's settings where it says nothing (Istio's cluster_traffic_policy.go). The same for the same two. */
export const policyOf = (rule: DestinationRule | undefined, rules: MeshRules): DestinationPolicy => {
  const own = rule?.destination ?? noPolicy;
  if (Object.keys(rules.tcp).length === 0 && !rules.h2Upgrade) return own;
  const known = policies.get(rules) ?? new WeakMap<DestinationPolicy, DestinationPolicy>();
  policies.set(rules, known);
  const policy = known.get(own) ?? completed(own, rules);
  known.set(own, policy);
  return policy;
};

/** A rule for particular clients beats one for all; of those for all the youngest counts (Istio's `SidecarScope.DestinationRule`) [S19]. */
const chosen = (rules: readonly DestinationRule[], client: Client): DestinationRule | undefined =>
  rules.length === 1 && !rules[0]?.selector
    ? rules[0]
    : (rules.find(({ selector }) => selector && selects(selector, client.labels)) ?? rules.findLast(({ selector }) => !selector));

const first = (
  index: RulesByHost,
  service: Service,
  pick: (rules: readonly DestinationRule[]) => DestinationRule | undefined,
): DestinationRule | undefined => {
  if (index.size === 0) return undefined;
  const found = index.find(service.hostname);
  const rule = found && pick(found);
  if (rule || !found) return rule;
  // The most specific host has nothing for this client: what a wildcard says still counts.
  for (const rules of index.all(service.hostname)) {
    const other = pick(rules);
    if (other) return other;
  }
  return undefined;
};

/** The client's own rule. Of the root namespace only the private ones: its other rules are for everybody, and come last (Istio's push_context.go). */
export const localRule = (mesh: Mesh, service: Service, client: Client): DestinationRule | undefined => {
  const isRoot = client.namespace === mesh.rules.rootNamespace;
  const own = (rules: readonly DestinationRule[]) => chosen(isRoot ? rules.filter(({ exportTo }) => !isPublic(exportTo)) : rules, client);
  return first(rulesIn(mesh, client.namespace), service, own);
};

/** What the service's namespace, or else the root namespace, tells others. */
export const exportedRule = (mesh: Mesh, service: Service, clientNamespace: string): DestinationRule | undefined => {
  const exported = (rules: readonly DestinationRule[]) =>
    rules.findLast((rule) => !rule.selector && isExported(rule.exportTo, rule.namespace, clientNamespace));
  return first(rulesIn(mesh, service.namespace), service, exported) ?? first(rulesIn(mesh, mesh.rules.rootNamespace), service, exported);
};

export const destinationRule = (mesh: Mesh, service: Service, client: Client): DestinationRule | undefined =>
  localRule(mesh, service, client) ?? exportedRule(mesh, service, client.namespace);
