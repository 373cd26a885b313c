/** VirtualServices: where they lead, and through what. */
import {
  against,
  doubtful,
  type HttpRouteDestination,
  type Problem,
  type Resource,
  routingClaim,
  type VirtualServiceSpec,
  wrong,
} from '@weft/model';
import { delegateKeys, isDelegate } from '../istio/delegate.ts';
import { gatewayName } from '../istio/match.ts';
import {
  covers,
  expandHost,
  intersection,
  isExported,
  isHttp,
  isWildcard,
  mesh as meshGateway,
  type Routing,
  type Service,
} from '../mesh/index.ts';
import { type LostConnections, lostConnections } from './connection-rivals.ts';
import { connectionProblems } from './connection-route.ts';
import { delegationProblems, orphanProblems } from './delegate.ts';
import { type Facts, type ObjectCheck, objectAt } from './facts.ts';
import { audienceProblems, type NamedNamespace, namespaceProblems } from './namespace.ts';
import { audience, isObeyedBefore } from './obeyed.ts';

type VirtualService = Resource<VirtualServiceSpec>;

interface Mention {
  readonly path: string;
  readonly destination: HttpRouteDestination['destination'];
  /** What becomes of what is routed where nobody is. */
  readonly failure: string;
}

const failures = {
  http: 'requests that are routed there fail with 503',
  tls: 'connections that are routed there are closed',
  tcp: 'connections that are routed there are closed',
} as const;

const routeKinds = ['http', 'tls', 'tcp'] as const;

/** Where copies of requests go. */
const mirrored = ({ spec }: VirtualService): readonly Mention[] =>
  (spec.http ?? []).flatMap(({ mirror, mirrors = [] }, i) => [
    ...(mirror ? [{ path: `spec.http[${i}].mirror`, destination: mirror, failure: 'copies that are sent there are lost' }] : []),
    ...mirrors.map(({ destination }, j) => ({
      path: `spec.http[${i}].mirrors[${j}].destination`,
      destination,
      failure: 'copies that are sent there are lost',
    })),
  ]);

const routed = ({ spec }: VirtualService): readonly Mention[] =>
  routeKinds.flatMap((kind) =>
    (spec[kind] ?? []).flatMap((route, i) =>
      (route.route ?? []).map(({ destination }, j) => ({
        path: `spec.${kind}[${i}].route[${j}].destination`,
        destination,
        failure: failures[kind],
      })),
    ),
  );

const mentions = (resource: VirtualService): readonly Mention[] => [...routed(resource), ...mirrored(resource)];

/** The service that proxies of the rule's namespace would reach. */
const reached = (host: string, namespace: string, facts: Facts): Service | undefined =>
  facts.servicesAt(host).find(({ exportTo, namespace: owner }) => isExported(exportTo, owner, namespace));

const missingHost = (host: string, { path, failure }: Mention, facts: Facts): Problem => {
  const hidden = facts.servicesAt(host)[0];
  const why = hidden
    ? `it belongs to namespace \`${hidden.namespace}\`, which does not export it here`
    : 'no Service or ServiceEntry has it';
  return wrong('IST0101', `${path}.host`, [
    `host \`${host}\` is not found: ${why}; ${failure}`,
    hidden ? 'Add this namespace to its exportTo.' : 'Correct the host, or add a Service or ServiceEntry for it.',
  ]);
};

const portProblem = ({ path, destination, failure }: Mention, service: Service): Problem | undefined => {
  const port = destination.port?.number;
  const ports = service.ports.map(({ number }) => number);
  if (port !== undefined && !ports.includes(port)) {
    return wrong('IST0101', `${path}.port.number`, [
      `\`${service.hostname}\` has no port ${port}; ${failure}`,
      `Use one of its ports: ${ports.join(', ')}.`,
    ]);
  }
  if (port !== undefined || ports.length < 2) return undefined;
  return wrong('IST0112', `${path}`, [
    `\`${service.hostname}\` has ports ${ports.join(', ')} and none is chosen: the port that the client dialled is taken`,
    'Name the port in `destination.port.number`.',
  ]);
};

const subsetProblem = ({ path, destination, failure }: Mention, service: Service, facts: Facts): Problem | undefined => {
  const { subset } = destination;
  if (!subset) return undefined;
  const known = facts.rulesFor(service.hostname).some((rule) => rule.destination.subsets.some(({ name }) => name === subset));
  if (known) return undefined;
  return wrong('IST0101', `${path}.subset`, [
    `no DestinationRule for \`${service.hostname}\` has a subset \`${subset}\`; ${failure}`,
    'Add the subset to the DestinationRule, or correct its name.',
  ]);
};

/** Gateways resolve no names as clients ask for them (Istio 1.29 has no cluster for such a host there). */
const dynamicProblem = ({ spec }: VirtualService, { path, failure }: Mention, service: Service): Problem | undefined => {
  if (service.resolution !== 'dns-dynamic' || !spec.gateways?.some((name) => name !== meshGateway)) return undefined;
  return wrong('WEFT0101', `${path}.host`, [
    `gateways do not resolve names of \`${service.hostname}\` (DYNAMIC_DNS) as they are asked for; at a gateway ${failure}`,
    'Lead to a ServiceEntry that names the host, or call it from sidecars.',
  ]);
};

const destinationProblems = (resource: VirtualService, facts: Facts): readonly Problem[] =>
  mentions(resource).flatMap((mention) => {
    const host = expandHost(mention.destination.host, resource.metadata.namespace);
    const service = reached(host, resource.metadata.namespace, facts);
    if (!service) return [missingHost(host, mention, facts)];
    const problems = [portProblem(mention, service), subsetProblem(mention, service, facts), dynamicProblem(resource, mention, service)];
    return problems.filter((problem) => problem !== undefined);
  });

const gatewayProblems = ({ metadata, spec }: VirtualService, facts: Facts): readonly Problem[] => {
  const named = (spec.gateways ?? []).map((name, i) => ({ name, path: `spec.gateways[${i}]` }));
  const inMatches = routeKinds.flatMap((kind) =>
    (spec[kind] ?? []).flatMap((route, i) =>
      (route.match ?? []).flatMap((match, j) =>
        (match?.gateways ?? []).map((name, k) => ({ name, path: `spec.${kind}[${i}].match[${j}].gateways[${k}]` })),
      ),
    ),
  );
  return [...named, ...inMatches].flatMap(({ name, path }) => {
    const key = gatewayName(name, metadata.namespace);
    if (key === meshGateway || facts.gateways.has(key)) return [];
    return [
      wrong('IST0101', path, [
        `there is no Gateway \`${key}\``,
        'Correct the name (`namespace/name` for another namespace), or add the Gateway.',
      ]),
    ];
  });
};

/** Hosts that none of the gateways takes; a gateway that does not exist has a finding of its own. */
const gatewayHostProblems = (resource: VirtualService, routing: Routing, facts: Facts): readonly Problem[] => {
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
const meshHostProblems = (resource: VirtualService, routing: Routing, facts: Facts): readonly Problem[] =>
  (resource.spec.hosts ?? []).flatMap((host, i): readonly Problem[] => {
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
    return registryProblems(full, `spec.hosts[${i}]`, facts);
  });

const registryProblems = (host: string, path: string, facts: Facts): readonly Problem[] => {
  const named = isWildcard(host) ? facts.mesh.services.filter(({ hostname }) => covers(host, hostname)) : facts.servicesAt(host);
  // Another name of a service is no service: rules for it are those of a host in no registry.
  const served = named.filter(({ target }) => target === undefined || facts.servicesAt(target).length === 0);
  if (served.length === 0) {
    return [
      doubtful('WEFT0203', path, [
        `host \`${host}\` is in no registry: its routes work on port 80 only`,
        'Add a Service or ServiceEntry for it, or name a gateway.',
      ]),
    ];
  }
  if (served.some(({ ports }) => ports.some(({ protocol }) => isHttp(protocol) || protocol === 'auto'))) return [];
  return [
    doubtful('WEFT0204', path, [
      `\`${host}\` has no HTTP port: HTTP routes have no effect on sidecars`,
      'Name its port `http-...` or set `appProtocol`.',
    ]),
  ];
};

/** Routing by claims that nobody verifies: there are no RequestAuthentications yet [S46]. */
const claimProblems = ({ spec }: VirtualService): readonly Problem[] =>
  (spec.http ?? []).flatMap(({ match = [] }, i) =>
    match.flatMap((one, j) =>
      (['headers', 'withoutHeaders'] as const).flatMap((field) =>
        Object.keys(one[field] ?? {})
          .filter((name) => routingClaim(name))
          .map((name) =>
            doubtful('IST0149', `spec.http[${i}].match[${j}].${field}["${name}"]`, [
              'no RequestAuthentication verifies tokens at the gateway, so that no request has this claim',
              'Match another header until RequestAuthentication is supported.',
            ]),
          ),
      ),
    ),
  );

/** Where requests would have to come from. */
const sourceNamespaces = ({ spec }: VirtualService): readonly NamedNamespace[] =>
  routeKinds.flatMap((kind) =>
    (spec[kind] ?? []).flatMap(({ match = [] }, i) =>
      match.map((one, j) => ({ path: `spec.${kind}[${i}].match[${j}].sourceNamespace`, namespace: one?.sourceNamespace ?? '' })),
    ),
  );

const mentioned = new WeakMap<VirtualService, readonly string[]>();

/** Hosts whose services, rules or other routings the checks look at. */
const hostsOf = (resource: VirtualService): readonly string[] => {
  const known = mentioned.get(resource);
  if (known) return known;
  const written = [...mentions(resource).map(({ destination }) => destination.host), ...(resource.spec.hosts ?? [])];
  const hosts = [...new Set(written.map((host) => expandHost(host, resource.metadata.namespace)))];
  mentioned.set(resource, hosts);
  return hosts;
};

const routingOf = ({ metadata }: VirtualService, { mesh }: Facts): Routing | undefined =>
  mesh
    .memo('routings by name', [mesh.routings], () => new Map(mesh.routings.map((routing) => [routing.key, routing])))
    .get(`${metadata.namespace}/${metadata.name}`);

const nothingLost: readonly Problem[] = [];

const lostIn = (facts: Facts): LostConnections => {
  const { memo, routings, services, gateways } = facts.mesh;
  return memo('lost connections', [routings, services, gateways], () => lostConnections(facts));
};

const lostOf = ({ metadata }: VirtualService, facts: Facts): readonly Problem[] =>
  lostIn(facts).get(`${metadata.namespace}/${metadata.name}`) ?? nothingLost;

/** To sidecars and to services that it names. */
const isBound = ({ spec }: VirtualService): boolean => !spec.gateways?.length && !(spec.hosts ?? []).some(isWildcard);

export const virtualServices: ObjectCheck<'VirtualService'> = {
  kind: 'VirtualService',
  reads: ['services', 'destinations', 'routings', 'gateways'],
  beside: (facts) => [lostIn(facts), facts.leaves, facts.roots],
  hosts: (resource) => (isBound(resource) && !isDelegate(resource) && delegateKeys(resource).length === 0 ? hostsOf(resource) : undefined),
  depends: (resource, facts) => {
    return [
      ...hostsOf(resource).flatMap((host) => [...facts.servicesAt(host), ...facts.rulesFor(host), ...facts.routingsAt(host)]),
      lostOf(resource, facts),
      ...delegateKeys(resource).flatMap((key) => [key, facts.delegates.at(key)]),
      ...(isDelegate(resource) ? [facts.roots] : []),
      ...(isBound(resource) ? [] : [facts.mesh.gateways, facts.mesh.services]),
    ];
  },
  problems: (resource, facts) => {
    const routing = routingOf(resource, facts);
    return [
      ...delegationProblems(resource, facts.delegates),
      ...orphanProblems(resource, facts.roots),
      ...claimProblems(resource),
      ...gatewayProblems(resource, facts),
      ...audienceProblems(resource.spec.exportTo, facts),
      ...namespaceProblems(sourceNamespaces(resource), facts),
      ...destinationProblems(resource, facts),
      ...(routing ? gatewayHostProblems(resource, routing, facts) : []),
      ...(routing?.gateways.includes(meshGateway) && routing.rules.length > 0 ? meshHostProblems(resource, routing, facts) : []),
      ...(routing?.gateways.includes(meshGateway) ? connectionProblems(routing, facts) : []),
      ...lostOf(resource, facts),
    ];
  },
};
