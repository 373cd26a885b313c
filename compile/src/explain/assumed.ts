/** Pods as if everything that the manifests ask for ran and was ready: what is explained without a mesh. */
import { type ContainerSettings, ofKind, type PodSpec, type Resource } from '@weft/model';
import { proxyOf } from '../inject/index.ts';
import { type PodTemplate, podTemplateOf } from '../kubernetes/template.ts';
import type { RunningPod } from '../kubernetes/workload.ts';

const containerOf = ({ name, ports = [] }: ContainerSettings): PodSpec['containers'][number] => ({
  name,
  command: [],
  args: [],
  env: [],
  workingDir: '/',
  ports: ports.map(({ name: portName = '', containerPort }) => ({ name: portName, containerPort, protocol: 'TCP' as const })),
});

const podOf = ({ kind, name, namespace, labels, annotations, spec }: PodTemplate, ordinal: number, proxy: PodSpec['proxy']): PodSpec => ({
  name: kind === 'Pod' ? name : `${name}-${ordinal}`,
  namespace,
  uid: `${namespace}/${kind}/${name}/${ordinal}`,
  serviceAccount: spec.serviceAccountName ?? spec.serviceAccount ?? 'default',
  labels,
  annotations,
  workload: { kind, name },
  containers: spec.containers.map(containerOf),
  terminationGracePeriodSeconds: 30,
  proxy,
});

/** In the order of the manifests, Deployments first: pods' addresses come from it. */
const templatesOf = (resources: readonly Resource[]): readonly PodTemplate[] =>
  [...ofKind(resources, 'Deployment'), ...ofKind(resources, 'Pod')].flatMap((resource) => podTemplateOf(resource) ?? []);

const addressOf = (index: number): string => `10.244.${Math.floor(index / 250)}.${(index % 250) + 1}`;

/** @param unready names of Deployments whose pods are not ready */
export const assumedPods = (resources: readonly Resource[], unready: readonly string[] = []): readonly RunningPod[] => {
  const namespaces = new Map(ofKind(resources, 'Namespace').map(({ metadata }) => [metadata.name, metadata.labels]));
  const pods = templatesOf(resources).flatMap((template) => {
    const { namespace, labels, annotations, spec, replicas, name } = template;
    const proxy = proxyOf({
      namespace,
      namespaceLabels: namespaces.get(namespace) ?? {},
      labels,
      annotations,
      containers: spec.containers,
    });
    return Array.from({ length: replicas }, (_, index) => ({ pod: podOf(template, index + 1, proxy), ready: !unready.includes(name) }));
  });
  return pods.map((one, index) => ({ ...one, address: addressOf(index) }));
};
