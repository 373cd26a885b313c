/** DestinationRules: merging of several for one host, ports and subsets [S18, S19, S53-S56]. */
import {
  bareSecretName,
  type DestinationRuleSpec,
  type PolicyBlocks,
  type Resource,
  type SubsetSettings,
  type TrafficPolicySettings,
} from '@weft/model';
import { type DestinationRule, expandHost, type Subset, type TrafficPolicy } from '../mesh/index.ts';
import { blocksOf, trafficPolicyOf } from './traffic-policy.ts';

type PolicyOfPort = (port: number) => TrafficPolicy;

const nothing: TrafficPolicy = {};

/** By port, the blocks of it. */
const portBlocks = ({ portLevelSettings = [] }: TrafficPolicySettings): ReadonlyMap<number | undefined, TrafficPolicy> =>
  new Map(portLevelSettings.map((block) => [block.port?.number, blocksOf(block)]));

/** A tunnel is one of listeners, which look at the top level only (Istio's `tunnelingconfig`). */
const tunnelOf = ({ tunnel }: TrafficPolicy): TrafficPolicy => (tunnel ? { tunnel } : {});

/** A port's own block replaces the top level wholly; what it omits has Istio's defaults [S54]. */
const policyByPort = (settings: TrafficPolicySettings | undefined): PolicyOfPort => {
  if (!settings) return () => nothing;
  const top = trafficPolicyOf(settings);
  const ports = new Map([...portBlocks(settings)].map(([port, blocks]) => [port, { ...blocks, ...tunnelOf(top) }]));
  return (port) => ports.get(port) ?? top;
};

/** Block by block over the rule's own policy; a port-level entry of the subset replaces all four [S55]. A tunnel is not inherited. */
const mergedPolicy = (inherited: TrafficPolicy, own: TrafficPolicy, blocks: TrafficPolicy | undefined): TrafficPolicy => {
  const { tunnel: _, ...base } = inherited;
  if (!blocks) return { ...base, ...own };
  const { retryBudget, proxyProtocol } = base;
  return { ...(retryBudget && { retryBudget }), ...(proxyProtocol && { proxyProtocol }), ...blocks, ...tunnelOf(own) };
};

const subsetPolicy = (settings: TrafficPolicySettings | undefined, inherited: PolicyOfPort): PolicyOfPort => {
  const own = settings ? trafficPolicyOf(settings) : nothing;
  const ports = settings ? portBlocks(settings) : new Map<number, TrafficPolicy>();
  const merged = new Map<number, TrafficPolicy>();
  return (port) => {
    const policy = merged.get(port) ?? mergedPolicy(inherited(port), own, ports.get(port));
    merged.set(port, policy);
    return policy;
  };
};

const subsetOf = (settings: SubsetSettings, inherited: PolicyOfPort): Subset => ({
  name: settings.name,
  labels: settings.labels ?? {},
  policy: subsetPolicy(settings.trafficPolicy, inherited),
});

/** A duplicate subset is ignored [S19]. */
const uniqueSubsets = (rules: readonly Resource<DestinationRuleSpec>[]): readonly SubsetSettings[] => {
  const byName = new Map<string, SubsetSettings>();
  for (const { spec } of rules) for (const subset of spec.subsets ?? []) if (!byName.has(subset.name)) byName.set(subset.name, subset);
  return [...byName.values()];
};

const selectorOf = ({ spec }: Resource<DestinationRuleSpec>) => {
  const labels = spec.workloadSelector?.matchLabels;
  return labels && Object.keys(labels).length > 0 ? labels : undefined;
};

/** All blocks of policy, whatever they are for. */
const allBlocks = (rules: readonly Resource<DestinationRuleSpec>[]): readonly PolicyBlocks[] => {
  const policies = rules.flatMap(({ spec }) => [spec.trafficPolicy, ...(spec.subsets ?? []).map(({ trafficPolicy }) => trafficPolicy)]);
  return policies.flatMap((policy) => (policy ? [policy, ...(policy.portLevelSettings ?? [])] : []));
};

/** Secrets that its clients ask for: their own certificate where they show one, and the roots [S76]. */
const secretsOf = ({ tls }: PolicyBlocks): readonly string[] => {
  if (!tls?.credentialName) return [];
  const name = bareSecretName(tls.credentialName);
  return [...(tls.mode === 'MUTUAL' ? [name] : []), `${name}-cacert`];
};

/** What the rule is looked at for beside its policies. */
const traitsOf = (rules: readonly Resource<DestinationRuleSpec>[]): Pick<DestinationRule, 'hashes' | 'failoverLabels' | 'secrets'> => {
  const blocks = allBlocks(rules);
  const balancers = blocks.flatMap(({ loadBalancer }) => loadBalancer ?? []);
  const secrets = new Set(blocks.flatMap(secretsOf));
  const priorities = balancers.flatMap(({ localityLbSetting }) => localityLbSetting?.failoverPriority ?? []);
  return {
    ...(balancers.some(({ consistentHash }) => consistentHash) ? { hashes: true } : {}),
    ...(priorities.length > 0 ? { failoverLabels: [...new Set(priorities.map((entry) => entry.split('=')[0] ?? ''))] } : {}),
    ...(secrets.size > 0 ? { secrets: [...secrets] } : {}),
  };
};

/** Only rules with one key are merged: equal namespace, host, visibility and clients [S19]. */
export const destinationRuleKey = (rule: Resource<DestinationRuleSpec>, defaultExportTo: readonly string[]): string => {
  const { metadata, spec } = rule;
  const exportTo = spec.exportTo?.length ? spec.exportTo : defaultExportTo;
  const selector = selectorOf(rule);
  return JSON.stringify([
    metadata.namespace,
    expandHost(spec.host, metadata.namespace),
    [...exportTo].sort(),
    selector ? Object.entries(selector).sort() : null,
  ]);
};

/** @param rules with one key, oldest first, at least one */
export const mergeDestinationRules = (
  rules: readonly Resource<DestinationRuleSpec>[],
  key: string,
  defaultExportTo: readonly string[],
): DestinationRule => {
  const [oldest] = rules;
  if (!oldest) throw new Error('invariant: a group of DestinationRules is never empty');
  const { metadata, spec } = oldest;
  const policy = policyByPort(rules.find((rule) => rule.spec.trafficPolicy)?.spec.trafficPolicy);
  const selector = selectorOf(oldest);
  return {
    key,
    namespace: metadata.namespace,
    name: metadata.name,
    host: expandHost(spec.host, metadata.namespace),
    exportTo: selector ? ['.'] : spec.exportTo?.length ? spec.exportTo : defaultExportTo,
    ...(selector ? { selector } : {}),
    ...traitsOf(rules),
    destination: {
      policy,
      subsets: uniqueSubsets(rules).map((subset) => subsetOf(subset, policy)),
      ...(selector ? { selected: true } : {}),
    },
  };
};
