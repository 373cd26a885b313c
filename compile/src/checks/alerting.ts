/** What objectives, rules and routes refer to: services, routes and workloads that are to be measured, Secrets that receivers are named with. */
import {
  type AlertRuleSpec,
  doubtful,
  type Problem,
  type Resource,
  type ServiceLevelObjectiveSpec,
  secretKeysOf,
  secretText,
  wrong,
} from '@weft/model';
import { expandHost } from '../mesh/index.ts';
import type { Input } from '../passes/input.ts';
import type { Facts, ObjectCheck } from './facts.ts';

/** Hosts that others than the mesh's services may have: nothing is said of them. */
const hostOf = (service: string, { metadata }: Resource): string => expandHost(service, metadata.namespace);

const unknownService = (service: string, resource: Resource, facts: Facts): readonly Problem[] => {
  if (facts.servicesAt(hostOf(service, resource)).length > 0) return [];
  const help = 'Correct the name: short for the own namespace, or the full host.';
  return [doubtful('IST0101', 'spec.subject.service', [`there is no service \`${service.slice(0, 80)}\`: nothing will be counted`, help])];
};

const servicesOf = (service: string | undefined, resource: Resource, facts: Facts): readonly unknown[] =>
  service === undefined ? [] : facts.servicesAt(hostOf(service, resource));

const unknownWorkload = (workload: string | undefined, { metadata }: Resource, facts: Facts): readonly Problem[] => {
  if (workload === undefined || workload === '*') return [];
  const isRoot = metadata.namespace === facts.mesh.rules.rootNamespace;
  if (facts.everyWanted.some(({ name, namespace }) => name === workload && (isRoot || namespace === metadata.namespace))) return [];
  const message = `there is no workload \`${workload.slice(0, 80)}\`: nothing will be counted`;
  return [doubtful('IST0101', 'spec.subject.workload', [message, 'Correct the name: that of a Deployment or Pod of the namespace.'])];
};

/** Routes are told apart by their names alone. */
const unknownRoute = (route: string | undefined, input: Input): readonly Problem[] => {
  const isThere = (): boolean => input.of('VirtualService').some(({ spec }) => (spec.http ?? []).some(({ name }) => name === route));
  if (route === undefined || route === '*' || isThere()) return [];
  const message = `no VirtualService has a route \`${route.slice(0, 80)}\`: nothing will be counted`;
  return [doubtful('IST0101', 'spec.subject.route', [message, 'Write the `name` of one of its `http` entries.'])];
};

const objectiveHosts = (resource: Resource<ServiceLevelObjectiveSpec>): readonly string[] => [
  hostOf(resource.spec.subject.service, resource),
];

export const objectives = (input: Input): ObjectCheck<'ServiceLevelObjective'> => ({
  kind: 'ServiceLevelObjective',
  reads: ['services'],
  beside: () => input.of('VirtualService'),
  hosts: objectiveHosts,
  depends: (resource, facts) => [
    ...servicesOf(resource.spec.subject.service, resource, facts),
    ...(resource.spec.subject.route === undefined ? [] : input.of('VirtualService')),
  ],
  problems: (resource, facts) => [
    ...unknownService(resource.spec.subject.service, resource, facts),
    ...unknownRoute(resource.spec.subject.route, input),
  ],
});

const ruleHosts = (resource: Resource<AlertRuleSpec>): readonly string[] =>
  resource.spec.subject?.service === undefined ? [] : [hostOf(resource.spec.subject.service, resource)];

/** What a workload's name is looked up in. */
const workloadInputs = ({ everyWanted, mesh }: Facts): readonly unknown[] => [everyWanted, mesh.rules.rootNamespace];

export const alertRules = (input: Input): ObjectCheck<'AlertRule'> => ({
  kind: 'AlertRule',
  reads: ['services'],
  beside: () => input.of('VirtualService'),
  hosts: ruleHosts,
  depends: (resource, facts) => [
    ...servicesOf(resource.spec.subject?.service, resource, facts),
    ...(resource.spec.subject?.workload === undefined ? [] : workloadInputs(facts)),
    ...(resource.spec.subject?.route === undefined ? [] : input.of('VirtualService')),
  ],
  problems: (resource, facts) => {
    const { service, workload, route } = resource.spec.subject ?? {};
    return [
      ...(service === undefined ? [] : unknownService(service, resource, facts)),
      ...unknownWorkload(workload, resource, facts),
      ...unknownRoute(route, input),
    ];
  },
});

export const saturations: ObjectCheck<'Saturation'> = {
  kind: 'Saturation',
  reads: [],
  depends: ({ spec }, facts) => (spec.workload === undefined ? [] : workloadInputs(facts)),
  problems: (resource, facts) =>
    unknownWorkload(resource.spec.workload, resource, facts).map((problem) => ({ ...problem, path: 'spec.workload' })),
};

/** Secrets of other namespaces are nobody's to name. */
export const alertRoutes = (input: Input): ObjectCheck<'AlertRoute'> => {
  const secrets = new Map(input.of('Secret').map((secret) => [`${secret.metadata.namespace}/${secret.metadata.name}`, secret]));
  return {
    kind: 'AlertRoute',
    reads: [],
    beside: () => input.of('Secret'),
    depends: ({ metadata, spec }) => secretKeysOf(spec).map(([, { name }]) => secrets.get(`${metadata.namespace}/${name}`)),
    problems: ({ metadata, spec }) =>
      secretKeysOf(spec).flatMap(([path, { name, key }]) => {
        const secret = secrets.get(`${metadata.namespace}/${name}`);
        if (secret && secretText(secret.spec, key) !== undefined) return [];
        const message = secret
          ? `Secret \`${name}\` has no \`${key.slice(0, 80)}\`: nobody is told there`
          : `there is no Secret \`${metadata.namespace}/${name}\`: nobody is told there`;
        return [wrong('IST0101', path, [message, 'Add it; a Secret is looked for in the namespace of the route.'])];
      }),
  };
};
