/** What objectives, rules and routes refer to: services that are to be measured, Secrets that receivers are named with. */
import { doubtful, type Problem, type Resource, secretKeysOf, secretText, wrong } from '@weft/model';
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

export const objectives: ObjectCheck<'ServiceLevelObjective'> = {
  kind: 'ServiceLevelObjective',
  reads: ['services'],
  hosts: (resource) => [hostOf(resource.spec.subject.service, resource)],
  depends: (resource, facts) => servicesOf(resource.spec.subject.service, resource, facts),
  problems: (resource, facts) => unknownService(resource.spec.subject.service, resource, facts),
};

export const alertRules: ObjectCheck<'AlertRule'> = {
  kind: 'AlertRule',
  reads: ['services'],
  hosts: (resource) => (resource.spec.subject?.service === undefined ? [] : [hostOf(resource.spec.subject.service, resource)]),
  depends: (resource, facts) => servicesOf(resource.spec.subject?.service, resource, facts),
  problems: (resource, facts) => {
    const service = resource.spec.subject?.service;
    return service === undefined ? [] : unknownService(service, resource, facts);
  },
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
