/** What a workload is called where its versions are one. */
import type { PodSpec } from './api.ts';

const first = (labels: Readonly<Record<string, string>>, keys: readonly string[]): string | undefined =>
  keys.map((key) => labels[key]).find((value) => value !== undefined && value !== '');

/** Istio's canonical service and revision: the labels in their order of precedence, then the workload and `latest` [S125]. */
export const canonicalOf = ({
  labels,
  workload,
}: Pick<PodSpec, 'labels' | 'workload'>): { readonly service: string; readonly revision: string } => ({
  service: first(labels, ['service.istio.io/canonical-name', 'app.kubernetes.io/name', 'app']) ?? workload.name,
  revision: first(labels, ['service.istio.io/canonical-revision', 'app.kubernetes.io/version', 'version']) ?? 'latest',
});
