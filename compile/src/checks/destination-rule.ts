/** DestinationRules: hosts and subsets that stand for nothing, and rules that an older one leaves without effect. */
import { against, type DestinationRuleSpec, doubtful, type Problem, type Resource, refOf, wrong } from '@weft/model';
import { type Backend, covers, expandHost, isWildcard, type Labels, type Service, selects } from '../mesh/index.ts';
import type { Facts, ObjectCheck } from './facts.ts';
import { audienceProblems } from './namespace.ts';
import { policyProblems, usesSecret } from './traffic-policy.ts';

type Rule = Resource<DestinationRuleSpec>;

export const servicesOf = ({ metadata, spec }: Rule, facts: Facts): readonly Service[] => {
  const host = expandHost(spec.host, metadata.namespace);
  return host.startsWith('*') ? facts.mesh.services.filter(({ hostname }) => covers(host, hostname)) : facts.servicesAt(host);
};

/** An ExternalName for a service of the mesh is a name and no service (Istio 1.21, "ExternalName"). */
const aliasOf = (services: readonly Service[], facts: Facts): string | undefined => {
  const [first] = services;
  return first && facts.aliases.has(first) ? first.target : undefined;
};

const ofAlias = (rule: Rule, target: string): Problem =>
  doubtful('IST0174', 'spec.host', [
    `host \`${expandHost(rule.spec.host, rule.metadata.namespace)}\` is another name of \`${target}\`: the rule has no effect`,
    `Name \`${target}\`.`,
  ]);

const unknownHost = (rule: Rule): Problem =>
  doubtful('IST0174', 'spec.host', [
    `host \`${expandHost(rule.spec.host, rule.metadata.namespace)}\` is in no registry: the rule has no effect`,
    'Correct the host, or add a Service or ServiceEntry for it.',
  ]);

const portProblems = ({ spec }: Rule, services: readonly Service[]): readonly Problem[] => {
  const known = new Set(services.flatMap(({ ports }) => ports.map(({ number }) => number)));
  const blocks = [
    { path: 'spec.trafficPolicy', policy: spec.trafficPolicy },
    ...(spec.subsets ?? []).map(({ trafficPolicy }, i) => ({ path: `spec.subsets[${i}].trafficPolicy`, policy: trafficPolicy })),
  ];
  return blocks.flatMap(({ path, policy }) =>
    (policy?.portLevelSettings ?? []).flatMap(({ port }, i) =>
      port?.number === undefined || known.has(port.number)
        ? []
        : [
            doubtful('WEFT0202', `${path}.portLevelSettings[${i}].port.number`, [
              `no service of this host has port ${port.number}: the block has no effect`,
              `Use the service's port: ${[...known].join(', ')}.`,
            ]),
          ],
    ),
  );
};

/** All that stand behind it are selected. */
const isSelecting = (backend: Backend | undefined): backend is Backend & { readonly selector: Labels } =>
  backend?.selector !== undefined && !backend.others;

/** Labels of everything that may stand behind the services: workloads that are wanted, and endpoints that are written down. */
const candidates = (services: readonly Service[], facts: Facts): readonly Labels[] =>
  services.flatMap((service) => {
    const backend = facts.mesh.backends.get(service.key);
    if (isSelecting(backend)) return facts.wanted.select(service.namespace, backend.selector).map(({ labels }) => labels);
    return service.ports.flatMap(
      ({ number }) => facts.mesh.endpoints.get(`${service.key}:${number}`)?.endpoints.map(({ labels }) => labels) ?? [],
    );
  });

const subsetProblems = ({ spec }: Rule, services: readonly Service[], facts: Facts): readonly Problem[] => {
  const labels = candidates(services, facts);
  return (spec.subsets ?? []).flatMap((subset, i) =>
    labels.some((one) => selects(subset.labels ?? {}, one))
      ? []
      : [
          wrong('IST0173', `spec.subsets[${i}].labels`, [
            `subset \`${subset.name}\` selects no workload of \`${spec.host}\`; requests that are routed there fail with 503`,
            "Correct the subset's labels, or the labels of the workload.",
          ]),
        ],
  );
};

/** Clients that the rule is for. */
const clientProblems = ({ metadata, spec }: Rule, { wanted }: Facts): readonly Problem[] => {
  const labels = spec.workloadSelector?.matchLabels;
  if (!labels || wanted.select(metadata.namespace, labels).length > 0) return [];
  return [
    doubtful('IST0127', 'spec.workloadSelector.matchLabels', [
      `the selector matches no workload of namespace \`${metadata.namespace}\`: the rule is for no client`,
      'Correct the labels or the namespace.',
    ]),
  ];
};

/** The first of several rules for one host gives policy and subsets of one name [S19]. */
const overruled = (rule: Rule, older: readonly Rule[]): readonly Problem[] => {
  const nameOf = ({ metadata }: Rule) => `\`${metadata.namespace}/${metadata.name}\``;
  const policy = older.find(({ spec }) => spec.trafficPolicy);
  const subsets = (rule.spec.subsets ?? []).flatMap(({ name }, i) => {
    const first = older.find(({ spec }) => spec.subsets?.some((subset) => subset.name === name));
    return first
      ? [
          against(
            refOf(first),
            doubtful('WEFT0201', `spec.subsets[${i}]`, [
              `DestinationRule ${nameOf(first)} is older and has a subset \`${name}\`: that one counts`,
              'Rename one of the two.',
            ]),
          ),
        ]
      : [];
  });
  if (!policy || !rule.spec.trafficPolicy) return subsets;
  return [
    against(
      refOf(policy),
      doubtful('WEFT0201', 'spec.trafficPolicy', [
        `DestinationRule ${nameOf(policy)} is older and has a policy for this host: that one counts`,
        'Merge the two rules.',
      ]),
    ),
    ...subsets,
  ];
};

/** Rules of different visibility are not merged: the youngest that a client sees is its whole rule [S19]. */
const outlived = (rule: Rule, facts: Facts): readonly Problem[] => {
  const { namespace } = rule.metadata;
  const { name: oldest } = (facts.olderRules(rule)[0] ?? rule).metadata;
  const host = expandHost(rule.spec.host, namespace);
  const own = facts.rulesFor(host).filter((other) => other.host === host && other.namespace === namespace && !other.selector);
  const winner = own.at(-1);
  if (!winner || winner.name === oldest || !own.some(({ name }) => name === oldest)) return [];
  return [
    against(
      { kind: 'DestinationRule', namespace, name: winner.name },
      doubtful('WEFT0201', 'spec.host', [
        `DestinationRule \`${namespace}/${winner.name}\` is younger and differs in \`exportTo\`: for whoever sees both it alone counts`,
        'Give both the same `exportTo`, so that they are merged, or put everything into one.',
      ]),
    ),
  ];
};

export const destinationRules: ObjectCheck<'DestinationRule'> = {
  kind: 'DestinationRule',
  reads: ['services', 'backends', 'endpoints', 'destinations', 'gateways'],
  beside: ({ aliases }) => [aliases],
  hosts: (rule) => {
    const host = expandHost(rule.spec.host, rule.metadata.namespace);
    return isWildcard(host) || usesSecret(rule) ? undefined : [host];
  },
  depends: (rule, facts) => {
    const services = servicesOf(rule, facts);
    const endpoints = services.flatMap((service): readonly unknown[] =>
      isSelecting(facts.mesh.backends.get(service.key))
        ? [facts.wanted]
        : service.ports.map(({ number }) => facts.mesh.endpoints.get(`${service.key}:${number}`)),
    );
    const clients = rule.spec.workloadSelector ? [facts.wanted] : [];
    const secrets = usesSecret(rule) ? [facts.mesh.gateways, facts.mesh.destinations, facts.everyWanted] : [];
    return [
      aliasOf(services, facts),
      ...services,
      ...endpoints,
      ...clients,
      ...secrets,
      ...facts.olderRules(rule),
      ...facts.rulesFor(expandHost(rule.spec.host, rule.metadata.namespace)),
    ];
  },
  problems: (rule, facts) => {
    const services = servicesOf(rule, facts);
    const older = [
      ...overruled(rule, facts.olderRules(rule)),
      ...outlived(rule, facts),
      ...clientProblems(rule, facts),
      ...audienceProblems(rule.spec.exportTo, facts),
    ];
    if (services.length === 0) return [unknownHost(rule), ...older];
    const target = aliasOf(services, facts);
    if (target !== undefined) return [ofAlias(rule, target), ...older];
    return [...portProblems(rule, services), ...policyProblems(rule, services, facts), ...subsetProblems(rule, services, facts), ...older];
  },
};
