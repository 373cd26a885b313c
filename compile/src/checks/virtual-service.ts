/** VirtualServices: what is said of each beside the others. */
import type { Problem, Resource, VirtualServiceSpec } from '@weft/model';
import { delegateKeys, isDelegate } from '../istio/delegate.ts';
import { expandHost, isWildcard, mesh as meshGateway, type Routing } from '../mesh/index.ts';
import { type LostConnections, lostConnections } from './connection-rivals.ts';
import { connectionProblems, unseenAtGateways } from './connection-route.ts';
import { delegationProblems, orphanProblems } from './delegate.ts';
import type { Facts, ObjectCheck } from './facts.ts';
import { audienceProblems, namespaceProblems } from './namespace.ts';
import { destinationProblems, mentions } from './route-destinations.ts';
import { gatewayHostProblems, meshHostProblems } from './route-hosts.ts';
import { gatewayProblems, namedGateways, sourceNamespaces } from './route-matches.ts';
import { claimProblems, routesByClaims } from './token-claims.ts';

type VirtualService = Resource<VirtualServiceSpec>;

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
const isBound = (resource: VirtualService): boolean =>
  namedGateways(resource).length === 0 && !(resource.spec.hosts ?? []).some(isWildcard);

export const virtualServices: ObjectCheck<'VirtualService'> = {
  kind: 'VirtualService',
  reads: ['services', 'destinations', 'routings', 'gateways', 'requests'],
  beside: (facts) => [lostIn(facts), facts.leaves, facts.roots, facts.aliases],
  hosts: (resource) => (isBound(resource) && !isDelegate(resource) && delegateKeys(resource).length === 0 ? hostsOf(resource) : undefined),
  depends: (resource, facts) => {
    const services = hostsOf(resource).map((host) => facts.servicesAt(host));
    return [
      ...services.flat(),
      ...services.flat().map((service) => facts.aliases.has(service)),
      ...hostsOf(resource).flatMap((host) => [...facts.rulesFor(host), ...facts.routingsAt(host)]),
      lostOf(resource, facts),
      ...delegateKeys(resource).flatMap((key) => [key, facts.delegates.at(key)]),
      ...(isDelegate(resource) ? [facts.roots] : []),
      ...(isBound(resource) ? [] : [facts.mesh.gateways, facts.mesh.services]),
      ...(routesByClaims(resource) ? [facts.mesh.requests, facts.everyWanted] : []),
    ];
  },
  problems: (resource, facts) => {
    const routing = routingOf(resource, facts);
    return [
      ...delegationProblems(resource, facts.delegates),
      ...orphanProblems(resource, facts.roots),
      ...claimProblems(resource, routing, facts),
      ...gatewayProblems(resource, facts),
      ...audienceProblems(resource.spec.exportTo, facts),
      ...namespaceProblems(sourceNamespaces(resource), facts),
      ...destinationProblems(resource, facts),
      ...(routing ? gatewayHostProblems(resource, routing, facts) : []),
      ...(routing?.gateways.includes(meshGateway) && routing.rules.length > 0 ? meshHostProblems(resource, routing, facts) : []),
      ...(routing?.gateways.includes(meshGateway) ? connectionProblems(routing, facts) : []),
      ...(routing ? unseenAtGateways(routing) : []),
      ...lostOf(resource, facts),
    ];
  },
};
