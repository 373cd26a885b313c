/** Annotations that choose what is captured. */
import { type DeploymentSpec, doubtful, type PodTemplateSpec, type Problem, type Resource } from '@weft/model';
import { readCapture } from '../inject/index.ts';
import type { ObjectCheck } from './facts.ts';

const problemsOf = (annotations: Readonly<Record<string, string>>, path: string): readonly Problem[] =>
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
