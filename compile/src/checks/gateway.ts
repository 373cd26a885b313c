/** Gateways: nobody who serves them, ports that no Service leads to, and two that claim one host. */
import { against, doubtful, type GatewayServerSettings, type GatewaySpec, type Problem, type Resource, wrong } from '@weft/model';
import { type Backend, type Gateway, type GatewayListener, intersection, type Labels, selects } from '../mesh/index.ts';
import { type Facts, type ObjectCheck, objectAt, type Wanted } from './facts.ts';

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

/** A server's port is a Service's port or its target; 80 may so be served on 8080. */
const isLedTo = (port: number, services: readonly Backend[]): boolean =>
  services.some(({ targets }) => targets.has(port) || [...targets.values()].includes(port));

const portProblems = (servers: readonly GatewayServerSettings[], services: readonly Backend[]): readonly Problem[] =>
  services.length === 0
    ? []
    : servers.flatMap(({ port }, i) =>
        isLedTo(port.number, services)
          ? []
          : [
              doubtful('IST0162', `spec.servers[${i}].port.number`, [
                `no Service of the gateway's pods leads to port ${port.number}: it cannot be reached through ${services.map(({ service }) => `\`${service.hostname}\``).join(', ')}`,
                'Add the port to the Service.',
              ]),
            ],
      );

const rivalHost = (a: GatewayListener, b: GatewayListener): string | undefined => {
  if (a.port !== b.port) return undefined;
  for (const one of a.hosts) {
    for (const other of b.hosts) {
      const sameOwner = one.namespace === '*' || other.namespace === '*' || one.namespace === other.namespace;
      if (sameOwner && one.host === other.host && intersection(one.host, other.host)) return one.host;
    }
  }
  return undefined;
};

const isSelectedAlike = (a: Gateway, b: Gateway): boolean => written(a.selector) === written(b.selector);

const conflicts = (resource: GatewayResource, facts: Facts): readonly Problem[] => {
  const key = `${resource.metadata.namespace}/${resource.metadata.name}`;
  const own = facts.gateways.get(key);
  if (!own) return [];
  const older = facts.mesh.gateways.slice(0, facts.mesh.gateways.indexOf(own)).filter((other) => isSelectedAlike(own, other));
  return older.flatMap((other) =>
    other.listeners.flatMap((theirs) =>
      own.listeners.flatMap((ours) => {
        const host = rivalHost(ours, theirs);
        if (host === undefined) return [];
        return [
          against(
            objectAt('Gateway', other.key),
            doubtful('IST0145', 'spec.servers', [
              `Gateway \`${other.key}\` also serves host \`${host}\` on port ${ours.port}: the routes of both are merged`,
              'Let one Gateway own the host.',
            ]),
          ),
        ];
      }),
    ),
  );
};

export const gateways: ObjectCheck<'Gateway'> = {
  kind: 'Gateway',
  reads: ['backends', 'gateways'],
  depends: (_, facts) => [facts.everyWanted, facts.mesh.backends, facts.mesh.gateways],
  problems: (resource, facts) => {
    const { spec } = resource;
    const wanted = serversOf(resource, facts);
    if (wanted.length === 0) {
      const nobody = `no workload has the labels \`${written(spec.selector ?? {})}\`: nothing serves the gateway`;
      return [
        wrong('IST0101', 'spec.selector', [nobody, 'Correct the selector, or deploy a gateway with these labels.']),
        ...conflicts(resource, facts),
      ];
    }
    return [...portProblems(spec.servers ?? [], servicesBefore(wanted, facts)), ...conflicts(resource, facts)];
  },
};
