/** What a Deployment or a Pod asks to run: one form for both. */
import { dirname } from 'node:path';
import type { PodTemplateSpec, Resource } from '@weft/model';
import { isKind } from '@weft/model';

export interface Template {
  readonly kind: 'Deployment' | 'Pod';
  readonly name: string;
  readonly namespace: string;
  readonly replicas: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: PodTemplateSpec;
  /** Where relative paths start: the manifest's directory. */
  readonly directory: string;
}

const directoryOf = ({ origin }: Resource): string => (origin.source === 'file' ? dirname(origin.file) : (origin.directory ?? '/'));

const compareNames = (a: Template, b: Template): number => {
  const [left, right] = [a, b].map(({ namespace, name, kind }) => `${namespace}/${name}/${kind}`);
  return (left ?? '') < (right ?? '') ? -1 : 1;
};

const templateOf = (resource: Resource): Template | undefined => {
  const { name, namespace, labels, annotations } = resource.metadata;
  const directory = directoryOf(resource);
  if (isKind(resource, 'Pod')) return { kind: 'Pod', name, namespace, replicas: 1, labels, annotations, spec: resource.spec, directory };
  if (!isKind(resource, 'Deployment')) return undefined;
  const { replicas = 1, template } = resource.spec;
  return {
    kind: 'Deployment',
    name,
    namespace,
    replicas,
    labels: template.metadata?.labels ?? {},
    annotations: template.metadata?.annotations ?? {},
    spec: template.spec,
    directory,
  };
};

/** Sorted, so that the order of files decides nothing. */
export const templatesOf = (resources: Iterable<Resource>): readonly Template[] =>
  [...resources].flatMap((resource) => templateOf(resource) ?? []).sort(compareNames);
