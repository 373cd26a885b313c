/** What a Deployment or a Pod asks to run: one form for both. */
import { isKind, type PodTemplateSpec, type Resource } from '@weft/model';

export interface PodTemplate {
  readonly kind: 'Deployment' | 'Pod';
  readonly name: string;
  readonly namespace: string;
  readonly replicas: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: PodTemplateSpec;
}

/** Absent: it is of another kind, and runs nothing. */
export const podTemplateOf = (resource: Resource): PodTemplate | undefined => {
  const { name, namespace, labels, annotations } = resource.metadata;
  if (isKind(resource, 'Pod')) return { kind: 'Pod', name, namespace, replicas: 1, labels, annotations, spec: resource.spec };
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
  };
};
