import { checkMetadataMaps } from '../metadata.ts';
import type { Problem } from '../problem.ts';
import { broken } from '../rule.ts';
import type { Json } from '../yaml/json.ts';
import { checkPodTemplate, type PodTemplateSpec } from './pod.ts';

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

/** A laptop runs a mesh of tens of pods; a slip of the keyboard should not start a million. */
const maxReplicas = 1000;

export const matchesSelector = ({ matchLabels, matchExpressions }: LabelSelector, labels: Readonly<Record<string, string>>): boolean =>
  Object.entries(matchLabels ?? {}).every(([key, value]) => labels[key] === value) &&
  (matchExpressions ?? []).every(({ key, operator, values = [] }) => {
    const value = labels[key];
    if (operator === 'Exists') return value !== undefined;
    if (operator === 'DoesNotExist') return value === undefined;
    const among = value !== undefined && values.includes(value);
    return operator === 'In' ? among : !among;
  });

function* checkSelector(selector: LabelSelector, path: string): Iterable<Problem> {
  if (!Object.keys(selector.matchLabels ?? {}).length && !selector.matchExpressions?.length)
    yield broken(path, 'the selector is empty', 'Add `matchLabels`.');
  for (const [index, { operator, values = [] }] of (selector.matchExpressions ?? []).entries()) {
    const at = `${path}.matchExpressions[${index}]`;
    if (!['In', 'NotIn', 'Exists', 'DoesNotExist'].includes(operator))
      yield broken(`${at}.operator`, `\`${String(operator).slice(0, 40)}\` is no operator`, 'Write In, NotIn, Exists or DoesNotExist.');
    else if (operator.endsWith('In') === (values.length === 0))
      yield broken(`${at}.values`, `\`${operator}\` and \`values\` do not fit`, 'Give values to In and NotIn only.');
  }
}

export function* checkDeployment(spec: DeploymentSpec): Iterable<Problem> {
  const { replicas = 1, selector, template } = spec;
  if (replicas < 0 || replicas > maxReplicas)
    yield broken('spec.replicas', `${replicas} replicas`, `Write a number between 0 and ${maxReplicas}.`);
  if (!selector) yield broken('spec.selector', 'the Deployment has no selector', 'Add `selector.matchLabels`, the labels of the template.');
  else yield* checkSelector(selector, 'spec.selector');
  if (!template?.spec) {
    yield broken('spec.template', 'the Deployment has no pod template', 'Add `template.spec`.');
    return;
  }
  const metadata = (template.metadata ?? {}) as { readonly [key: string]: Json };
  const ill = [...checkMetadataMaps(metadata, 'spec.template.metadata')];
  yield* ill;
  if (selector && ill.length === 0 && !matchesSelector(selector, template.metadata?.labels ?? {})) {
    yield broken('spec.selector', "the selector does not match the template's labels", 'Write the same labels in both places.');
  }
  yield* checkPodTemplate(template.spec, 'spec.template.spec');
}
