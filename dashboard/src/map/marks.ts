/** What is special about a node beside its health: pods without a proxy, and configuration that has a say in what reaches it. */
import type { DestinationRuleSpec, StoredObject, VirtualServiceSpec } from '@weft/model';
import type { Places } from './places.ts';
import type { Mark, NodeKind } from './scene.ts';

/** Services, by `namespace/name`. */
export interface Ruled {
  readonly routed: ReadonlySet<string>;
  readonly limited: ReadonlySet<string>;
}

/** Short names are of the object's namespace, long ones say theirs; what is no Service is nobody here. */
const serviceOf = (host: string, namespace: string): string => {
  const [name = '', other = namespace] = host.split('.');
  return `${other}/${name}`;
};

const limits = ({ trafficPolicy, subsets = [] }: DestinationRuleSpec): boolean =>
  [trafficPolicy, ...subsets.map((subset) => subset.trafficPolicy)].some((policy) => policy?.connectionPool || policy?.outlierDetection);

export const ruledBy = (virtualServices: readonly StoredObject[], destinationRules: readonly StoredObject[]): Ruled => ({
  routed: new Set(
    virtualServices.flatMap(({ resource: { metadata, spec } }) =>
      ((spec as VirtualServiceSpec).hosts ?? []).map((host) => serviceOf(host, metadata.namespace)),
    ),
  ),
  limited: new Set(
    destinationRules.flatMap(({ resource: { metadata, spec } }) =>
      limits(spec as DestinationRuleSpec) ? [serviceOf((spec as DestinationRuleSpec).host, metadata.namespace)] : [],
    ),
  ),
});

export interface Markable {
  readonly kind: NodeKind;
  /** `namespace/name`. */
  readonly key: string;
  readonly workloads: readonly string[];
}

export const marksOf = (
  { kind, key, workloads }: Markable,
  { places, ruled }: { readonly places: Places; readonly ruled: Ruled },
): readonly Mark[] => [
  ...(workloads.some((workload) => places.get(workload)?.proxy === 'none') ? ['bare' as const] : []),
  ...(kind === 'service' && ruled.routed.has(key) ? ['routed' as const] : []),
  ...(kind === 'service' && ruled.limited.has(key) ? ['limited' as const] : []),
];
