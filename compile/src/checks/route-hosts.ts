/** The hosts of a VirtualService: who else has them, and who serves them. */
import { against, doubtful, type Problem, type Resource, type VirtualServiceSpec, wrong } from '@weft/model';
import { covers, expandHost, intersection, isHttp, isWildcard, mesh as meshGateway, type Routing, type Service } from '../mesh/index.ts';
import { type Facts, objectAt } from './facts.ts';
import { audience, isObeyedBefore } from './obeyed.ts';

type VirtualService = Resource<VirtualServiceSpec>;

/** Hosts that none of the gateways takes; a gateway that does not exist has a finding of its own. */
export const gatewayHostProblems = (resource: VirtualService, routing: Routing, facts: Facts): readonly Problem[] => {
  const gateways = routing.gateways.flatMap((key) => facts.gateways.get(key) ?? []);
  if (gateways.length === 0) return [];
  const offered = gateways.flatMap(({ listeners }) => listeners.flatMap(({ hosts }) => hosts));
  const taken = offered.filter(({ namespace }) => namespace === '*' || namespace === routing.namespace);
  return (resource.spec.hosts ?? []).flatMap((host, i) => {
    const full = expandHost(host, routing.namespace);
    if (taken.some((server) => intersection(server.host, full) !== undefined)) return [];
    return [
      doubtful('IST0132', `spec.hosts[${i}]`, [
        `no server of ${gateways.map(({ key }) => `\`${key}\``).join(', ')} takes host \`${full}\` from namespace \`${routing.namespace}\``,
        "Add the host to the Gateway's server, or name another gateway.",
      ]),
    ];
  });
};

/** The rival that everybody obeys instead of this routing, or some namespace at least. */
const obeyedBefore = (routing: Routing, routings: readonly Routing[]): Routing | undefined => {
  for (const viewer of audience(routing)) {
    const earlier = routings.find((other) => isObeyedBefore(other, routing, { viewer, routings }));
    if (earlier) return earlier;
  }
  return undefined;
};

/** Sidecars do not merge HTTP rules of one host: the oldest counts [S47]. Those for connections add up. */
export const meshHostProblems = (resource: VirtualService, routing: Routing, facts: Facts): readonly Problem[] => {
  let ports: readonly number[] | undefined;
  const beside = (): readonly number[] => {
    ports ??= portsBeside(routing, facts);
    return ports;
  };
  return (resource.spec.hosts ?? []).flatMap((host, i): readonly Problem[] => {
    const full = expandHost(host, routing.namespace);
    const rivals = facts.routingsAt(full).filter(({ gateways, rules }) => gateways.includes(meshGateway) && rules.length > 0);
    const winner = obeyedBefore(routing, rivals);
    if (winner) {
      return [
        against(
          objectAt('VirtualService', winner.key),
          wrong('IST0109', `spec.hosts[${i}]`, [
            `VirtualService \`${winner.key}\` comes before this one and routes host \`${full}\` on sidecars; this one has no effect there`,
            'Merge the two, or let them differ in host, gateway or exportTo.',
          ]),
        ),
      ];
    }
    return registryProblems(full, `spec.hosts[${i}]`, { beside, facts });
  });
};

const isHttpPort = ({ protocol }: Service['ports'][number]): boolean => isHttp(protocol) || protocol === 'auto';

const servicesAt = (host: string, facts: Facts): readonly Service[] => {
  const named = isWildcard(host) ? facts.mesh.services.filter(({ hostname }) => covers(host, hostname)) : facts.servicesAt(host);
  // Another name of a service is no service: rules for it are those of a host in no registry.
  return named.filter((service) => !facts.aliases.has(service));
};

/** Ports of the services that the rule is for, where its other hosts are served beside them [S49]. */
const portsBeside = (routing: Routing, facts: Facts): readonly number[] => {
  const ports = routing.hosts.flatMap((host) => servicesAt(host, facts)).flatMap((service) => service.ports.filter(isHttpPort));
  return [...new Set(ports.map(({ number }) => number))].sort((a, b) => a - b);
};

const registryProblems = (
  host: string,
  path: string,
  { beside, facts }: { readonly beside: () => readonly number[]; readonly facts: Facts },
): readonly Problem[] => {
  const served = servicesAt(host, facts);
  if (served.length === 0) {
    const ports = beside().filter((port) => port !== 80);
    const where = ports.length === 0 ? 'on port 80 only' : `only on port 80 and those of the rule's other hosts (${ports.join(', ')})`;
    return [
      doubtful('WEFT0203', path, [
        `host \`${host}\` is in no registry: its routes work ${where}`,
        'Add a Service or ServiceEntry for it, or name a gateway.',
      ]),
    ];
  }
  if (served.some(({ ports }) => ports.some(isHttpPort))) return [];
  return [
    doubtful('WEFT0204', path, [
      `\`${host}\` has no HTTP port: HTTP routes have no effect on sidecars`,
      'Name its port `http-...` or set `appProtocol`.',
    ]),
  ];
};
