/** RequestAuthentications that are for nobody. */
import { doubtful, gatewayNameLabel, type Problem, type RequestAuthenticationSpec, type Resource, targetsOf } from '@weft/model';
import { selects } from '../mesh/index.ts';
import type { Facts, ObjectCheck } from './facts.ts';

type RequestAuthentication = Resource<RequestAuthenticationSpec>;

/** One with a selector in the root namespace selects in all of them [S113]. */
const isSelected = ({ metadata, spec }: RequestAuthentication, { everyWanted, wanted, mesh }: Facts): boolean => {
  const labels = spec.selector?.matchLabels ?? {};
  if (metadata.namespace !== mesh.rules.rootNamespace) return wanted.select(metadata.namespace, labels).length > 0;
  return everyWanted.some((one) => selects(labels, one.labels));
};

const targetProblems = ({ metadata, spec }: RequestAuthentication, { wanted }: Facts): readonly Problem[] =>
  (targetsOf(spec) ?? [])
    .filter((target) => target.kind === 'Gateway' && wanted.select(metadata.namespace, { [gatewayNameLabel]: target.name }).length === 0)
    .map(({ name }) =>
      doubtful('IST0127', spec.targetRefs?.length ? 'spec.targetRefs' : 'spec.targetRef', [
        `no workload of namespace \`${metadata.namespace}\` has the label \`${gatewayNameLabel}: ${name}\``,
        'Give it to the gateway’s pods, or use `selector`.',
      ]),
    );

export const requestAuthentications: ObjectCheck<'RequestAuthentication'> = {
  kind: 'RequestAuthentication',
  reads: ['rules'],
  depends: (_, facts) => [facts.wanted, facts.mesh.rules.rootNamespace],
  problems: (resource, facts) => {
    if (targetsOf(resource.spec)) return targetProblems(resource, facts);
    if (Object.keys(resource.spec.selector?.matchLabels ?? {}).length === 0 || isSelected(resource, facts)) return [];
    return [doubtful('IST0127', 'spec.selector.matchLabels', ['the selector matches no workload', 'Correct the labels or the namespace.'])];
  },
};
