/** What Deployments and Pods ask to run, and where. */
import { dirname } from 'node:path';
import { type PodTemplate, podTemplateOf } from '@weft/compile';
import type { Resource } from '@weft/model';

export interface Template extends PodTemplate {
  /** Where relative paths start: the manifest's directory. */
  readonly directory: string;
}

const directoryOf = ({ origin }: Resource): string => (origin.source === 'file' ? dirname(origin.file) : (origin.directory ?? '/'));

const compareNames = (a: Template, b: Template): number => {
  const [left, right] = [a, b].map(({ namespace, name, kind }) => `${namespace}/${name}/${kind}`);
  return (left ?? '') < (right ?? '') ? -1 : 1;
};

const templateOf = (resource: Resource): Template | undefined => {
  const template = podTemplateOf(resource);
  return template && { ...template, directory: directoryOf(resource) };
};

/** Sorted, so that the order of files decides nothing. */
export const templatesOf = (resources: Iterable<Resource>): readonly Template[] =>
  [...resources].flatMap((resource) => templateOf(resource) ?? []).sort(compareNames);
