/** Annotations that choose what is captured, and how the proxy is started. */
import {
  type DeploymentSpec,
  doubtful,
  type PodTemplateSpec,
  type Problem,
  proxyAnnotation,
  type Resource,
  readProxyAnnotation,
} from '@weft/model';
import { readCapture } from '../inject/index.ts';
import type { ObjectCheck } from './facts.ts';

const problemsOf = (annotations: Readonly<Record<string, string>>, path: string): readonly Problem[] => [
  ...captureProblems(annotations, path),
  ...readProxyAnnotation(annotations[proxyAnnotation]).faults.map((fault) =>
    doubtful('IST0125', `${path}["${proxyAnnotation}"]`, [
      `${fault}: that part is left out`,
      'Write `concurrency` and `proxyMetadata` only.',
    ]),
  ),
];

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
  problems: ({ spec }: Resource<DeploymentSpec>) =>
    problemsOf(spec.template.metadata?.annotations ?? {}, 'spec.template.metadata.annotations'),
};

export const pods: ObjectCheck<'Pod'> = {
  kind: 'Pod',
  reads: [],
  depends: () => [],
  problems: ({ metadata }: Resource<PodTemplateSpec>) => problemsOf(metadata.annotations, 'metadata.annotations'),
};
