import { against, doubtful, type PeerAuthenticationSpec, type Problem, type Resource, refOf } from '@weft/model';
import { type Labels, selects } from '../mesh/index.ts';
import type { Facts, ObjectCheck } from './facts.ts';

type PeerAuthentication = Resource<PeerAuthenticationSpec>;

const selectorOf = ({ spec }: PeerAuthentication): Labels | undefined => {
  const labels = spec.selector?.matchLabels;
  return labels && Object.keys(labels).length > 0 ? labels : undefined;
};

/** Labels of what a selector may mean: wanted workloads, running ones, and endpoints that are written down. */
const isSelected = (selector: Labels, namespace: string, { mesh, wanted }: Facts): boolean =>
  wanted.select(namespace, selector).length > 0 ||
  [...mesh.endpoints.values()].some(
    ({ service, endpoints }) => service.startsWith(`${namespace}/`) && endpoints.some(({ labels }) => selects(selector, labels)),
  );

/** In one scope the oldest counts [S88]. */
const overruled = ({ metadata }: PeerAuthentication, older: PeerAuthentication | undefined): readonly Problem[] =>
  older === undefined
    ? []
    : [
        against(
          refOf(older),
          doubtful('WEFT0201', '', [
            `PeerAuthentication \`${older.metadata.name}\` is older and is for the whole of namespace \`${metadata.namespace}\` too: that one counts`,
            'Remove one of the two.',
          ]),
        ),
      ];

const inRoot = doubtful('IST0127', 'spec.selector', [
  'a selector in the root namespace selects no workload: the policy has no effect',
  'Remove the selector for the whole mesh, or write the policy in the namespace of the workload.',
]);

export const peerAuthentications: ObjectCheck<'PeerAuthentication'> = {
  kind: 'PeerAuthentication',
  reads: ['endpoints'],
  depends: (resource, facts) =>
    selectorOf(resource) ? [facts.wanted, facts.mesh.endpoints, facts.mesh.rules] : [facts.olderForNamespace(resource)],
  problems: (resource, facts) => {
    const selector = selectorOf(resource);
    if (!selector) return overruled(resource, facts.olderForNamespace(resource));
    if (resource.metadata.namespace === facts.mesh.rules.rootNamespace) return [inRoot];
    if (isSelected(selector, resource.metadata.namespace, facts)) return [];
    return [
      doubtful('IST0127', 'spec.selector.matchLabels', [
        `the selector matches no workload of namespace \`${resource.metadata.namespace}\``,
        'Correct the labels or the namespace.',
      ]),
    ];
  },
};
