import { attestedName } from '@weft/model';
import type { Instance } from '../registry.ts';

const first = (labels: Readonly<Record<string, string>>, keys: readonly string[]): string | undefined =>
  keys.map((key) => labels[key]).find((value) => value !== undefined && value !== '');

/** Istio's canonical service and revision: the labels in their order of precedence, then the workload and `latest`. */
export const instanceName = ({ pod }: Instance, cluster: string): string | undefined =>
  attestedName({
    workload: pod.workload.name,
    app: first(pod.labels, ['service.istio.io/canonical-name', 'app.kubernetes.io/name', 'app']) ?? pod.workload.name,
    version: first(pod.labels, ['service.istio.io/canonical-revision', 'app.kubernetes.io/version', 'version']) ?? 'latest',
    cluster,
  });
