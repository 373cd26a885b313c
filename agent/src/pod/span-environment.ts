/** What a proxy's spans say of whose they are: it reads it from its environment, so that one configuration serves all proxies. */
import { resourceVariable, spanVariables } from '@weft/envoy';
import { canonicalOf, type NodeView, type PodSpec } from '@weft/model';

/** As OpenTelemetry writes them in one variable ("Resource SDK": percent-encoded values). */
const attributes = (all: Readonly<Record<string, string>>): string =>
  Object.entries(all)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join(',');

export const spanEnvironment = (
  pod: Pick<PodSpec, 'name' | 'namespace' | 'labels' | 'workload'>,
  { clusterId, trustDomain }: Pick<NodeView, 'clusterId' | 'trustDomain'>,
): Readonly<Record<string, string>> => {
  const { service, revision } = canonicalOf(pod);
  const said: Readonly<Record<keyof typeof spanVariables, string>> = {
    'istio.canonical_service': service,
    'istio.canonical_revision': revision,
    'istio.namespace': pod.namespace,
    'istio.cluster_id': clusterId,
    'istio.mesh_id': trustDomain,
  };
  const named = { 'service.name': `${service}.${pod.namespace}`, 'k8s.pod.name': pod.name, 'k8s.namespace.name': pod.namespace };
  return {
    ...Object.fromEntries(Object.entries(said).map(([tag, value]) => [spanVariables[tag as keyof typeof spanVariables], value])),
    [resourceVariable]: attributes(named),
  };
};
