/** Where workloads run and what they are part of; which Services select them. What nobody knows any more has no box. */
import { canonicalOf, matchesSelector, type ServiceSpec, type StoredObject, type WorkloadStatus } from '@weft/model';
import type { BoxBy } from './search.ts';

export interface Place {
  readonly application: string;
  readonly locality: string;
  readonly cluster: string;
  /** Whether an Envoy runs in its pods. */
  readonly proxy: 'sidecar' | 'gateway' | 'none';
  readonly version: string;
  /** `namespace/name` of the Services that select it. */
  readonly services: readonly string[];
}

/** By `namespace/name` of a workload. */
export type Places = ReadonlyMap<string, Place>;

export interface Workloads {
  readonly items: readonly WorkloadStatus[];
  readonly cluster: string;
}

/** Istio's label, and Kubernetes' where it stands (https://istio.io/latest/docs/tasks/traffic-management/locality-load-balancing/). */
const localityOf = (labels: Readonly<Record<string, string>>): string =>
  labels['istio-locality']?.replaceAll('.', '/') ??
  ['topology.kubernetes.io/region', 'topology.kubernetes.io/zone', 'topology.istio.io/subzone']
    .flatMap((name) => labels[name] ?? [])
    .join('/');

export const placesOf = ({ items, cluster }: Workloads, services: readonly StoredObject[]): Places => {
  const byNamespace = Map.groupBy(services, ({ resource }) => resource.metadata.namespace);
  return new Map(
    items.map(({ kind, namespace, name, labels, pods }) => {
      const { service, revision } = canonicalOf({ labels, workload: { kind, name } });
      const selecting = (byNamespace.get(namespace) ?? []).filter(({ resource }) => {
        const { selector } = resource.spec as ServiceSpec;
        return (
          selector !== undefined &&
          Object.keys(selector).length > 0 &&
          Object.keys(labels).length > 0 &&
          matchesSelector({ matchLabels: selector }, labels)
        );
      });
      const place: Place = {
        application: service,
        locality: localityOf(labels),
        cluster: labels['topology.istio.io/cluster'] ?? cluster,
        proxy: pods[0]?.proxy ?? 'none',
        version: revision,
        services: selecting.map(({ resource }) => `${namespace}/${resource.metadata.name}`),
      };
      return [`${namespace}/${name}`, place] as const;
    }),
  );
};

/** Name of the box that a node of these workloads is in. */
export const boxOf = (by: BoxBy, namespace: string, place: Place | undefined): string | undefined => {
  if (by === 'none') return undefined;
  if (by === 'namespace') return namespace || undefined;
  return place?.[by] || undefined;
};
