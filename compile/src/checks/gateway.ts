/** Gateways: nobody who serves them, ports that no Service leads to, and two that claim one host. */
import { doubtful, type GatewayServerSettings, type GatewaySpec, type Problem, type Resource, wrong } from '@weft/model';
import { targetPort } from '../kubernetes/endpoint.ts';
import { type Backend, type Labels, selects } from '../mesh/index.ts';
import { nameOf } from '../passes/input.ts';
import { credentialProblems } from './credential.ts';
import type { Facts, ObjectCheck, Wanted } from './facts.ts';
import { conflicts } from './gateway-conflicts.ts';
import { type NamedNamespace, namespaceProblems } from './namespace.ts';

type GatewayResource = Resource<GatewaySpec>;

/** In every namespace [S118]. */
const serversOf = ({ spec }: GatewayResource, facts: Facts): readonly Wanted[] =>
  facts.everyWanted.filter(({ labels }) => selects(spec.selector ?? {}, labels));

const written = (labels: Labels): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');

const servicesBefore = (wanted: readonly Wanted[], facts: Facts): readonly Backend[] =>
  [...facts.mesh.backends.values()].filter(({ service, selector }) =>
    wanted.some(({ namespace, labels }) => selector && namespace === service.namespace && selects(selector, labels)),
  );

/** A server's port is a Service's port or its target, by number or name; 80 may so be served on 8080. */
const isLedTo = (port: number, services: readonly Backend[], wanted: readonly Wanted[]): boolean =>
  services.some(
    ({ targets }) =>
      targets.has(port) || [...targets.values()].some((target) => wanted.some((workload) => targetPort(workload, target) === port)),
  );

const portProblems = (servers: readonly GatewayServerSettings[], wanted: readonly Wanted[], facts: Facts): readonly Problem[] => {
  const services = servicesBefore(wanted, facts);
  return services.length === 0
    ? []
    : servers.flatMap(({ port }, i) =>
        isLedTo(port.number, services, wanted)
          ? []
          : [
              doubtful('IST0162', `spec.servers[${i}].port.number`, [
                `no Service of the gateway's pods leads to port ${port.number}: it cannot be reached through ${services.map(({ service }) => `\`${service.hostname}\``).join(', ')}`,
                'Add the port to the Service.',
              ]),
            ],
      );
};

/** Where routes may come from. */
const ruleNamespaces = ({ spec }: GatewayResource): readonly NamedNamespace[] =>
  (spec.servers ?? []).flatMap(({ hosts }, i) =>
    hosts.flatMap((text, k) =>
      text.includes('/') ? [{ path: `spec.servers[${i}].hosts[${k}]`, namespace: text.split('/', 1)[0] ?? '' }] : [],
    ),
  );

export const gateways: ObjectCheck<'Gateway'> = {
  kind: 'Gateway',
  reads: ['backends', 'gateways', 'credentials'],
  depends: (_, { everyWanted, mesh }) => [everyWanted, mesh.backends, mesh.gateways, mesh.credentials],
  problems: (resource, facts) => {
    const { spec } = resource;
    const own = facts.gateways.get(nameOf(resource));
    const wanted = serversOf(resource, facts);
    const rivals = [...(own ? conflicts(own, wanted, facts) : []), ...namespaceProblems(ruleNamespaces(resource), facts)];
    if (wanted.length === 0) {
      const nobody = `no workload has the labels \`${written(spec.selector ?? {})}\`: nothing serves the gateway`;
      return [wrong('IST0101', 'spec.selector', [nobody, 'Correct the selector, or deploy a gateway with these labels.']), ...rivals];
    }
    const namespaces = [...new Set(wanted.map(({ namespace }) => namespace))];
    return [...portProblems(spec.servers ?? [], wanted, facts), ...(own ? credentialProblems(own, namespaces, facts.mesh) : []), ...rivals];
  },
};
