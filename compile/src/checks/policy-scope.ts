/** Whom AuthorizationPolicies and RequestAuthentications are for: a selector or a target that nothing has is probably a mistake. */
import { doubtful, gatewayNameLabel, type PolicyTargetReference, type Problem, type Resource, targetKind, targetsOf } from '@weft/model';
import { clusterDomain, selects } from '../mesh/index.ts';
import type { Facts } from './facts.ts';

interface Scoped {
  readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
  readonly targetRef?: PolicyTargetReference;
  readonly targetRefs?: readonly PolicyTargetReference[];
}

/** One with a selector in the root namespace selects in all of them [S107]. */
const isSelected = ({ metadata, spec }: Resource<Scoped>, { everyWanted, wanted, mesh }: Facts): boolean => {
  const labels = spec.selector?.matchLabels ?? {};
  if (metadata.namespace !== mesh.rules.rootNamespace) return wanted.select(metadata.namespace, labels).length > 0;
  return everyWanted.some((one) => selects(labels, one.labels));
};

const targetProblem = (target: PolicyTargetReference, path: string, namespace: string, { wanted, mesh }: Facts): readonly Problem[] => {
  switch (targetKind(target)) {
    case 'gateway.networking.k8s.io/Gateway':
      if (wanted.select(namespace, { [gatewayNameLabel]: target.name }).length > 0) return [];
      return [
        doubtful('IST0127', path, [
          `no workload of namespace \`${namespace}\` has the label \`${gatewayNameLabel}: ${target.name}\``,
          'Give it to the gateway’s pods, or use `selector`.',
        ]),
      ];
    case '/Service':
      if (mesh.backends.has(`${namespace}/${target.name}.${namespace}.svc.${clusterDomain}`)) return [];
      return [
        doubtful('IST0101', path, [
          `there is no Service \`${target.name}\` in namespace \`${namespace}\`, so the policy is for nobody`,
          'Correct the name, or move the policy.',
        ]),
      ];
    default:
      return [];
  }
};

/** What `scopeProblems` looks at beside the object. */
export const scopeInputs = ({ wanted, mesh }: Facts): readonly unknown[] => [wanted, mesh.rules.rootNamespace, mesh.backends];

export const scopeProblems = (resource: Resource<Scoped>, facts: Facts): readonly Problem[] => {
  const { metadata, spec } = resource;
  const targets = targetsOf(spec);
  if (targets) {
    return targets.flatMap((target, index) =>
      targetProblem(target, spec.targetRef ? 'spec.targetRef' : `spec.targetRefs[${index}]`, metadata.namespace, facts),
    );
  }
  if (Object.keys(spec.selector?.matchLabels ?? {}).length === 0 || isSelected(resource, facts)) return [];
  return [doubtful('IST0127', 'spec.selector.matchLabels', ['the selector matches no workload', 'Correct the labels or the namespace.'])];
};
