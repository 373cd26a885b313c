/**
 * ServiceEntries of one host and namespace are one service (Istio's `appendSidecarServices`): what it is the oldest says, and
 * younger ones add ports, addresses and endpoints as far as they agree with it [S71].
 */
import type { Resource, ServiceEntrySpec } from '@weft/model';
import type { Backend, Labels, Service } from '../mesh/index.ts';

type ServiceEntry = Resource<ServiceEntrySpec>;

/** What a younger entry gives to the service of the oldest: everything, its endpoints for ports that are there, or nothing. */
export type Share = 'all' | 'endpoints' | 'nothing';

const sameLabels = (a: Labels = {}, b: Labels = {}): boolean =>
  Object.keys(a).length === Object.keys(b).length && Object.entries(a).every(([name, value]) => b[name] === value);

const sameNames = (a: readonly string[] = [], b: readonly string[] = []): boolean => {
  const [left, right] = [new Set(a), new Set(b)];
  return left.size === right.size && [...left].every((name) => right.has(name));
};

/** Fields in which the two would have to agree for the younger to add ports (Istio's `canMergeServices`). */
export const disagreements = (oldest: ServiceEntry, younger: ServiceEntry): readonly string[] => [
  ...(sameNames(oldest.spec.exportTo, younger.spec.exportTo) ? [] : ['spec.exportTo']),
  ...(sameLabels(oldest.spec.workloadSelector?.labels, younger.spec.workloadSelector?.labels) ? [] : ['spec.workloadSelector']),
  ...(sameLabels(oldest.metadata.labels, younger.metadata.labels) ? [] : ['metadata.labels']),
];

export const shareOf = (oldest: ServiceEntry, younger: ServiceEntry): Share => {
  if ((oldest.spec.resolution ?? 'NONE') !== (younger.spec.resolution ?? 'NONE')) return 'nothing';
  return disagreements(oldest, younger).length === 0 ? 'all' : 'endpoints';
};

export const joinedService = (known: Service, younger: Service): Service => ({
  ...known,
  addresses: [...new Set([...known.addresses, ...younger.addresses])],
  ports: [...known.ports, ...younger.ports.filter(({ number }) => !known.ports.some((port) => port.number === number))],
});

/** @param service what the two are together */
export const joinedBackend = (known: Backend, younger: Backend, service: Service): Backend => ({
  ...known,
  service,
  others: [...(known.others ?? []), younger],
});
