/** Which DestinationRule a client obeys for a service (semantics 18). */
import { type DestinationRule, type HostIndex, hostIndex, isExported, isPublic, type Mesh, type Service, selects } from '../mesh/index.ts';
import type { Client } from './client.ts';

type RulesByHost = HostIndex<readonly DestinationRule[]>;
const noRules: RulesByHost = hostIndex<readonly DestinationRule[]>([]);

const rulesByNamespace = ({ memo, destinations }: Mesh): ReadonlyMap<string, RulesByHost> =>
  memo('destinations by namespace', [destinations], () => {
    const namespaces = Map.groupBy(destinations, ({ namespace }) => namespace);
    return new Map([...namespaces].map(([namespace, rules]) => [namespace, hostIndex(Map.groupBy(rules, ({ host }) => host))]));
  });

export const rulesIn = (mesh: Mesh, namespace: string): RulesByHost => rulesByNamespace(mesh).get(namespace) ?? noRules;

/** A rule for particular clients beats one for all; of equals the oldest. */
const chosen = (rules: readonly DestinationRule[], client: Client): DestinationRule | undefined =>
  rules.length === 1 && !rules[0]?.selector
    ? rules[0]
    : (rules.find(({ selector }) => selector && selects(selector, client.labels)) ?? rules.find(({ selector }) => !selector));

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
    rules.find((rule) => !rule.selector && isExported(rule.exportTo, rule.namespace, clientNamespace));
  return first(rulesIn(mesh, service.namespace), service, exported) ?? first(rulesIn(mesh, mesh.rules.rootNamespace), service, exported);
};

export const destinationRule = (mesh: Mesh, service: Service, client: Client): DestinationRule | undefined =>
  localRule(mesh, service, client) ?? exportedRule(mesh, service, client.namespace);
