/** Nearness: which endpoints a client prefers, and how a policy groups them [S65-S67]. */
import type { LocalityBalancing, TrafficPolicy } from './policy.ts';
import type { Endpoint, Locality, Service } from './service.ts';
import type { Origin } from './view.ts';
import type { Labels } from './workload.ts';

export const regionLabel = 'topology.kubernetes.io/region';
export const zoneLabel = 'topology.kubernetes.io/zone';
export const subzoneLabel = 'topology.istio.io/subzone';
export const networkLabel = 'topology.istio.io/network';
const hostnameLabel = 'kubernetes.io/hostname';

interface Placed {
  readonly labels: Labels;
  readonly locality: Locality;
}

/** Labels as priorities look at them: those of the locality are there however it was said (Istio's `AugmentLabels`). */
export const topologyLabels = ({ labels, locality }: Placed): Labels => ({
  ...labels,
  ...(locality.region && { [regionLabel]: locality.region }),
  ...(locality.zone && { [zoneLabel]: locality.zone }),
  ...(locality.subzone && { [subzoneLabel]: locality.subzone }),
});

/** What `trafficDistribution` means, as priorities (Istio's `GetLocalityLbSetting`). */
const ofDistribution: Readonly<Record<NonNullable<Service['distribution']>, readonly string[]>> = {
  SAME_ZONE: [networkLabel, regionLabel, zoneLabel],
  SAME_NODE: [networkLabel, regionLabel, zoneLabel, subzoneLabel, hostnameLabel],
};

/** Names of the labels that a Service's own preference goes by. */
export const distributionLabels = ofDistribution.SAME_NODE;

export interface Nearness {
  readonly setting: LocalityBalancing;
  /** Somebody notices that near endpoints fail; without it a lower priority would never be used [S65]. */
  readonly failsOver: boolean;
}

/** What is in force: the rule's setting, the Service's own preference, the mesh's, in this order; absent: endpoints are all alike. */
export const nearnessOf = (policy: TrafficPolicy, { distribution }: Service, { balancing }: Origin): Nearness | undefined => {
  const failsOver = policy.outlierDetection !== undefined;
  const own = policy.loadBalancer?.locality;
  if (!own && distribution) {
    const setting = { enabled: true, distribute: [], failover: [], failoverPriority: ofDistribution[distribution] };
    return { setting, failsOver: true };
  }
  const setting = own ?? balancing;
  return setting.enabled && (failsOver || setting.distribute.length > 0) ? { setting, failsOver } : undefined;
};

/** Localities have weights of their own, where a share or a distance was asked for by name (Istio's `applyLocalityLoadBalancer`). */
export const isWeighted = ({ setting, failsOver }: Nearness): boolean =>
  setting.distribute.length > 0 || (failsOver && setting.failover.length + setting.failoverPriority.length > 0);

/** Endpoints that clients treat alike. */
export interface Group {
  readonly locality: Locality;
  readonly endpoints: readonly Endpoint[];
  /** 0 is the nearest. */
  readonly priority: number;
  readonly weight: number;
}

const weightOf = (endpoints: readonly Endpoint[]): number => endpoints.reduce((sum, { weight }) => sum + weight, 0);

const textOf = ({ region, zone, subzone }: Locality): string => `${region}/${zone}/${subzone}`;

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const byLocality = (endpoints: readonly Endpoint[]): Group[] =>
  [...Map.groupBy(endpoints, ({ locality }) => textOf(locality))]
    .sort(([a], [b]) => compare(a, b))
    .map(([, members]) => ({ locality: (members[0] as Endpoint).locality, endpoints: members, priority: 0, weight: weightOf(members) }));

const matches = ({ region, zone, subzone }: Locality, pattern: string): boolean => {
  const [ofRegion = '', ofZone = '', ofSubzone = ''] = pattern.split('/');
  const agrees = (wanted: string, own: string) => wanted === '' || wanted === '*' || wanted === own;
  return (ofRegion === '*' || ofRegion === region) && agrees(ofZone, zone) && agrees(ofSubzone, subzone);
};

/** Where several localities match one entry they share its weight; what no entry names is dropped [S67]. */
const distributed = (groups: readonly Group[], { distribute }: LocalityBalancing, { locality }: Origin): readonly Group[] => {
  const chosen = distribute.find(({ from }) => matches(locality, from));
  if (!chosen) return groups;
  const shares = Object.entries(chosen.to);
  const entryOf = (group: Group) => shares.find(([to]) => matches(group.locality, to));
  const totals = Map.groupBy(groups, (group) => entryOf(group)?.[0]);
  return groups.flatMap((group) => {
    const entry = entryOf(group);
    if (!entry) return [];
    const total = (totals.get(entry[0]) ?? []).reduce((sum, { weight }) => sum + weight, 0);
    return [{ ...group, weight: Math.ceil((group.weight * entry[1]) / total) }];
  });
};

/** Priorities in their order, without gaps: Envoy wants 0 to n. */
const closed = (groups: readonly Group[]): readonly Group[] => {
  const ranks = new Map(
    [...new Set(groups.map(({ priority }) => priority))].sort((a, b) => a - b).map((priority, rank) => [priority, rank]),
  );
  return groups.map((group) => ({ ...group, priority: ranks.get(group.priority) ?? 0 }));
};

/**
 * How many of the labels in their order are the client's own: the more, the nearer. The network alone, at the first place,
 * weighs more than all others together.
 */
const labelDistance = (endpoint: Endpoint, labels: Labels, priorities: readonly string[]): number => {
  const own = topologyLabels(endpoint);
  const isSame = (entry: string): boolean => {
    const [name = '', value] = entry.split('=');
    return own[name] === (value ?? labels[name]);
  };
  const ofNetwork = priorities[0] === networkLabel && !isSame(networkLabel) ? priorities.length : 0;
  const differs = priorities.findIndex((entry, at) => !(at === 0 && ofNetwork > 0) && !isSame(entry));
  return ofNetwork + (differs < 0 ? 0 : priorities.length - differs);
};

const byLabels = (groups: readonly Group[], { failoverPriority }: LocalityBalancing, { labels }: Origin): readonly Group[] =>
  closed(
    groups.flatMap((group) =>
      [...Map.groupBy(group.endpoints, (endpoint) => labelDistance(endpoint, labels, failoverPriority))]
        .sort(([a], [b]) => a - b)
        .map(([priority, endpoints]) => ({ ...group, endpoints, priority, weight: weightOf(endpoints) })),
    ),
  );

const distance = (from: Locality, to: Locality, { failover }: LocalityBalancing): number => {
  if (from.region === to.region) return from.zone !== to.zone ? 2 : from.subzone !== to.subzone ? 1 : 0;
  const chosen = failover.find((entry) => entry.from === from.region);
  return chosen && chosen.to !== to.region ? 4 : 3;
};

/** Distances [S66], within the priorities that the groups already have. */
const byDistance = (groups: readonly Group[], setting: LocalityBalancing, { locality }: Origin): readonly Group[] =>
  closed(groups.map((group) => ({ ...group, priority: group.priority * 5 + distance(locality, group.locality, setting) })));

/** How a cluster's endpoints stand to a client; `nearness` is absent where they are all alike. */
export interface Standing {
  readonly nearness: Nearness | undefined;
  readonly origin: Origin;
}

/** @param endpoints in the order that they shall have */
export const groupsOf = (endpoints: readonly Endpoint[], standing?: Standing): readonly Group[] => {
  const groups = byLocality(endpoints);
  if (!standing?.nearness) return groups;
  const { origin, nearness } = standing;
  const { setting, failsOver } = nearness;
  if (setting.distribute.length > 0) return distributed(groups, setting, origin);
  if (!failsOver) return groups;
  if (setting.failoverPriority.length === 0) return byDistance(groups, setting, origin);
  const labelled = byLabels(groups, setting, origin);
  return setting.failover.length > 0 ? byDistance(labelled, setting, origin) : labelled;
};
