import type { PodTemplateSpec } from './pod.ts';

export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
    readonly values?: readonly string[];
  }[];
}

export interface PodTemplate {
  readonly metadata?: { readonly labels?: Readonly<Record<string, string>>; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: PodTemplateSpec;
}

export interface DeploymentSpec {
  /** Absent means 1. */
  readonly replicas?: number;
  readonly selector: LabelSelector;
  readonly template: PodTemplate;
}
