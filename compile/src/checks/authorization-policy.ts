/** AuthorizationPolicies that are for nobody, or speak of accounts and namespaces that there are not. */
import { type AuthorizationPolicySpec, doubtful, type Problem, type Resource } from '@weft/model';
import type { Facts, ObjectCheck } from './facts.ts';
import { scopeInputs, scopeProblems } from './policy-scope.ts';

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

export const authorizationPolicies: ObjectCheck<'AuthorizationPolicy'> = {
  kind: 'AuthorizationPolicy',
  reads: ['rules', 'backends'],
  depends: (_, facts) => scopeInputs(facts),
  problems: (resource, facts) => [...scopeProblems(resource, facts), ...namespaceProblems(resource, facts)],
};
