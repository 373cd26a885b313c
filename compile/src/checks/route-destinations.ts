/** Where a VirtualService leads: hosts, ports and subsets that must be there. */
import { type HttpRouteDestination, type Problem, type Resource, type VirtualServiceSpec, wrong } from '@weft/model';
import { expandHost, isExported, mesh as meshGateway, type Service } from '../mesh/index.ts';
import type { Facts } from './facts.ts';

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

export const routeKinds = ['http', 'tls', 'tcp'] as const;

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

/** All places that a rule leads to. */
export const mentions = (resource: VirtualService): readonly Mention[] => [...routed(resource), ...mirrored(resource)];

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

export const destinationProblems = (resource: VirtualService, facts: Facts): readonly Problem[] =>
  mentions(resource).flatMap((mention) => {
    const host = expandHost(mention.destination.host, resource.metadata.namespace);
    const service = reached(host, resource.metadata.namespace, facts);
    if (!service) return [missingHost(host, mention, facts)];
    const problems = [portProblem(mention, service), subsetProblem(mention, service, facts), dynamicProblem(resource, mention, service)];
    return problems.filter((problem) => problem !== undefined);
  });
