/** Annotations that choose what is captured, and how the proxy is started. */
import { type DeploymentSpec, doubtful, type Problem, proxyAnnotation, type Resource, readProxyAnnotation } from '@weft/model';
import { isGatewayPod, readCapture } from '../inject/index.ts';
import type { ObjectCheck } from './facts.ts';

type Asked = Parameters<typeof isGatewayPod>[0];

const problemsOf = (pod: Asked, path: string): readonly Problem[] => [
  ...captureProblems(pod.annotations, path),
  ...proxyProblems(pod, `${path}["${proxyAnnotation}"]`),
];

const proxyProblems = (pod: Asked, path: string): readonly Problem[] => {
  const { topology, faults } = readProxyAnnotation(pod.annotations[proxyAnnotation]);
  const help = 'Write `concurrency`, `proxyMetadata` and, for a gateway, `gatewayTopology` only.';
  const lost = faults.map((fault) => doubtful('IST0125', path, [`${fault}: that part is left out`, help]));
  if (!topology || isGatewayPod(pod)) return lost;
  return [...lost, doubtful('IST0125', path, ['`gatewayTopology` is for gateways, and this pod is none: it has no effect', 'Remove it.'])];
};

const captureProblems = (annotations: Readonly<Record<string, string>>, path: string): readonly Problem[] =>
  readCapture(annotations).problems.map(({ annotation, message }) =>
    doubtful('IST0125', `${path}["${annotation}"]`, [
      `${message}: that part is left out`,
      'Write numbers or IPv4 ranges, separated by commas.',
    ]),
  );

export const deployments: ObjectCheck<'Deployment'> = {
  kind: 'Deployment',
  reads: [],
  depends: () => [],
  problems: ({ spec: { template } }: Resource<DeploymentSpec>) => {
    const { labels = {}, annotations = {} } = template.metadata ?? {};
    return problemsOf({ labels, annotations, containers: template.spec.containers }, 'spec.template.metadata.annotations');
  },
};

export const pods: ObjectCheck<'Pod'> = {
  kind: 'Pod',
  reads: [],
  depends: () => [],
  problems: ({ metadata: { labels, annotations }, spec: { containers } }) =>
    problemsOf({ labels, annotations, containers }, 'metadata.annotations'),
};
