/** AuthorizationPolicies that are for nobody, or speak of accounts and namespaces that there are not. */
import { type AuthorizationPolicySpec, doubtful, type Problem, type Resource } from '@weft/model';
import type { AuthorizationPolicy } from '../mesh/index.ts';
import { ruleInputs, ruleProblems } from './authorization-rules.ts';
import type { Facts, ObjectCheck } from './facts.ts';
import { gatewayPortInputs, gatewayPortProblems } from './gateway-ports.ts';
import { scopeInputs, scopeProblems } from './policy-scope.ts';
import { ownProblems } from './policy-sums.ts';

type Policy = Resource<AuthorizationPolicySpec>;

/** A namespace that is nowhere matches nobody, which in DENY lets everybody pass. */
const namespaceProblems = ({ spec }: Policy, { namespaces }: Facts): readonly Problem[] =>
  (spec.rules ?? []).flatMap(({ from = [] }, rule) =>
    from.flatMap(({ source }, entry) =>
      (source?.namespaces ?? []).flatMap((name, index) =>
        name.includes('*') || namespaces.has(name)
          ? []
          : [
              doubtful('IST0101', `spec.rules[${rule}].from[${entry}].source.namespaces[${index}]`, [
                `there is no namespace \`${name.slice(0, 80)}\``,
                'Correct the name, or create the namespace.',
              ]),
            ],
      ),
    ),
  );

const parsed = ({ metadata: { namespace, name } }: Policy, { mesh: { memo, authorizations } }: Facts): AuthorizationPolicy | undefined =>
  memo(
    'authorizations by name',
    [authorizations],
    () => new Map(authorizations.map((policy) => [`${policy.namespace}/${policy.name}`, policy])),
  ).get(`${namespace}/${name}`);

const limitProblems = (resource: Policy, facts: Facts): readonly Problem[] => {
  const policy = parsed(resource, facts);
  return policy ? ownProblems(policy) : [];
};

export const authorizationPolicies: ObjectCheck<'AuthorizationPolicy'> = {
  kind: 'AuthorizationPolicy',
  reads: ['rules', 'backends', 'authorizations', 'routings', 'gateways'],
  depends: (resource, facts) => [
    ...scopeInputs(facts),
    ...ruleInputs(facts),
    ...gatewayPortInputs(resource, facts),
    parsed(resource, facts),
  ],
  problems: (resource, facts) => [
    ...scopeProblems(resource, facts),
    ...namespaceProblems(resource, facts),
    ...limitProblems(resource, facts),
    ...ruleProblems(resource, facts),
    ...gatewayPortProblems(resource, facts),
  ],
};
