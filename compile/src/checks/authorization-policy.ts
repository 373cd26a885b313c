/** AuthorizationPolicies that are for nobody, ask nobody, or speak of accounts and namespaces that there are not. */
import { type AuthorizationPolicySpec, doubtful, type Problem, type Resource } from '@weft/model';
import type { Facts, ObjectCheck } from './facts.ts';
import { scopeInputs, scopeProblems } from './policy-scope.ts';

type Policy = Resource<AuthorizationPolicySpec>;

/** Nobody can be asked: what the rules match is refused [S110]. */
const providerProblems = ({ spec }: Policy, { mesh }: Facts): readonly Problem[] => {
  const name = spec.provider?.name;
  if (spec.action !== 'CUSTOM' || mesh.authorizers.some((authorizer) => authorizer.name === name)) return [];
  return [
    {
      ...doubtful('IST0101', 'spec.provider.name', [
        `provider \`${name}\` cannot be asked (the mesh's \`extensionProviders\` lack it, it is broken, or its service is unknown): what the rules match is refused`,
        'Correct the name, the provider or its service.',
      ]),
      severity: 'error',
    },
  ];
};

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
  reads: ['rules', 'backends', 'authorizers'],
  depends: (_, facts) => [...scopeInputs(facts), facts.mesh.authorizers],
  problems: (resource, facts) => [
    ...scopeProblems(resource, facts),
    ...providerProblems(resource, facts),
    ...namespaceProblems(resource, facts),
  ],
};
