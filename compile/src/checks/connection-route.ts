/** `tls` and `tcp` routes beside the services that they are for. */
import { doubtful, type Problem } from '@weft/model';
import {
  type ConnectionRuleMatch,
  carriesTls,
  intersection,
  isHttp,
  isWildcard,
  mesh as meshGateway,
  type Protocol,
  type Routing,
  type Service,
} from '../mesh/index.ts';
import type { Facts } from './facts.ts';

export const kinds = {
  tls: { takes: carriesTls, wanted: 'carries TLS', help: 'Name its port `tls-...` or `https-...`, or set `appProtocol`.' },
  tcp: {
    takes: (protocol: Protocol) => !isHttp(protocol) && !carriesTls(protocol) && protocol !== 'udp',
    wanted: 'is for TCP',
    help: 'Name its port `tcp-...`, or set `appProtocol`.',
  },
} as const;

/** A wildcard of either side may stand for the other's names. */
export const served = (host: string, facts: Facts): readonly Service[] =>
  isWildcard(host) ? facts.mesh.services.filter(({ hostname }) => intersection(host, hostname) !== undefined) : facts.servicesAt(host);

/** Sidecars listen for services only: rules for connections to anything else, or to ports of another kind, are for nobody. */
export const connectionProblems = (routing: Routing, facts: Facts): readonly Problem[] => {
  const services = routing.hosts.flatMap((host) => served(host, facts));
  return (['tls', 'tcp'] as const).flatMap((kind) => {
    const { takes, wanted, help } = kinds[kind];
    if (routing[kind].length === 0 || services.some(({ ports }) => ports.some(({ protocol }) => takes(protocol)))) return [];
    const why = services.length === 0 ? 'no Service or ServiceEntry has one of the hosts' : `no port of the hosts ${wanted}`;
    return [
      doubtful(services.length === 0 ? 'WEFT0203' : 'WEFT0204', `spec.${kind}`, [
        `${why}: \`${kind}\` routes have no effect on sidecars`,
        services.length === 0 ? 'Add a Service or ServiceEntry, or name a gateway.' : help,
      ]),
    ];
  });
};

const unseen = { sourceLabels: 'sourceLabels', sourceNamespace: 'sourceNamespace', subnets: 'destinationSubnets' } as const;

const isSaid = (match: ConnectionRuleMatch, field: keyof typeof unseen): boolean =>
  field === 'subnets' ? match.subnets.length > 0 : match[field] !== undefined;

/** Gateways look at server names and their own ports alone (Istio's `l4SingleMatch`). */
export const unseenAtGateways = (routing: Routing): readonly Problem[] =>
  [...routing.tls, ...routing.tcp]
    .flatMap(({ matches }) => matches)
    .filter(({ gateways = routing.gateways }) => !gateways.includes(meshGateway))
    .flatMap((match) =>
      (['sourceLabels', 'sourceNamespace', 'subnets'] as const)
        .filter((field) => isSaid(match, field))
        .map((field) =>
          doubtful('IST0133', `${match.origin.path}.${unseen[field]}`, [
            'gateways do not look at it: the match takes connections from everywhere to every address',
            'Remove it, or match `mesh` in `gateways`.',
          ]),
        ),
    );
