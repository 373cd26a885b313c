/** Services as people look for them: with the workloads behind each, and the objects that have a say about it. */
import {
  type Concern,
  type ConcernedObject,
  ofKind,
  type RegisteredService,
  type Resource,
  refKey,
  type ServiceDetails,
  type ServingWorkload,
  spiffeId,
} from '@weft/model';
import { peerOriginsIn } from '../istio/peer-authentication.ts';
import type { RunningPod } from '../kubernetes/workload.ts';
import { covers, expandHost, type Mesh, type Service, selects } from '../mesh/index.ts';
import { isFor, subjectOf } from '../scope/authorization.ts';
import { expectedProxy, type Situation } from './journey.ts';
import { placesIn } from './places.ts';

const podsByNamespace = (pods: readonly RunningPod[]): ReadonlyMap<string, readonly RunningPod[]> =>
  Map.groupBy(pods, ({ pod }) => pod.namespace);

type ByNamespace = ReturnType<typeof podsByNamespace>;

const podsBehind = ({ backends }: Mesh, { key, namespace }: Service, pods: ByNamespace): readonly RunningPod[] => {
  const selector = backends.get(key)?.selector;
  return selector ? (pods.get(namespace) ?? []).filter(({ pod }) => selects(selector, pod.labels)) : [];
};

const workloadsOf = (pods: readonly RunningPod[], trustDomain: string): readonly ServingWorkload[] =>
  [...Map.groupBy(pods, ({ pod }) => pod.workload.name)].flatMap(([name, alike]): readonly ServingWorkload[] => {
    const [first] = alike;
    if (!first) return [];
    const { namespace, serviceAccount, labels, proxy } = first.pod;
    const identity = proxy === 'none' ? '' : spiffeId({ trustDomain, namespace, serviceAccount });
    const ready = alike.filter((one) => one.ready).length;
    return [{ namespace, name, version: labels['version'] ?? '', pods: alike.length, ready, proxy, identity }];
  });

const addressesOf = ({ endpoints }: Mesh, { key, ports }: Service): ReadonlySet<string> =>
  new Set(ports.flatMap(({ number }) => endpoints.get(`${key}:${number}`)?.endpoints.map(({ address }) => address) ?? []));

const registered = (service: Service, mesh: Mesh, behind: readonly RunningPod[]): RegisteredService => {
  const { namespace, hostname: host, shortName, meshExternal, ports } = service;
  const own = new Set(behind.flatMap(({ address, ipv6 }) => [address, ipv6 ?? '']));
  return {
    ...{ kind: shortName === undefined ? 'ServiceEntry' : 'Service', namespace, name: shortName ?? host, host, isExternal: meshExternal },
    ports: ports.map(({ number, name, protocol }) => ({ number, name, protocol })),
    workloads: workloadsOf(behind, mesh.rules.trustDomain),
    otherEndpoints: [...addressesOf(mesh, service)].filter((address) => !own.has(address)).length,
  };
};

export const servicesIn = ({ mesh, pods }: Situation): readonly RegisteredService[] => {
  const running = podsByNamespace(pods);
  return mesh.services.map((service) => registered(service, mesh, podsBehind(mesh, service, running)));
};

/** Everything that names a host, wherever it stands in the routes. */
const destinationsIn = (value: unknown): readonly string[] => {
  if (Array.isArray(value)) return value.flatMap(destinationsIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, part]) => (name === 'host' && typeof part === 'string' ? [part] : destinationsIn(part)));
};

const named =
  (concern: Concern) =>
  ({ kind, metadata: { namespace, name } }: Resource): ConcernedObject => ({ kind, namespace, name, concern });

const listed =
  (kind: string, concern: Concern) =>
  ({ namespace, name }: Pick<ConcernedObject, 'namespace' | 'name'>): ConcernedObject => ({ kind, namespace, name, concern });

const ofKey = (key: string): Pick<ConcernedObject, 'namespace' | 'name'> => {
  const [namespace = '', name = ''] = key.split('/', 2);
  return { namespace, name };
};

const routingTo = (resources: readonly Resource[], host: string): readonly ConcernedObject[] =>
  ofKind(resources, 'VirtualService')
    .filter(({ metadata: { namespace }, spec }) => {
      const expanded = (one: string): string => expandHost(one, namespace);
      const { hosts = [], http = [], tls = [], tcp = [] } = spec;
      return hosts.some((one) => covers(expanded(one), host)) || destinationsIn([http, tls, tcp]).some((one) => expanded(one) === host);
    })
    .map(named('routing'));

/** What is for one of the pods that stand behind it. */
const guarding = ({ mesh, resources }: Situation, behind: readonly RunningPod[]): readonly ConcernedObject[] => {
  const subjects = behind.map((running) => subjectOf(mesh, expectedProxy(running)));
  const originOf = peerOriginsIn(resources, mesh.rules.rootNamespace);
  const peers = behind.flatMap(({ pod }) => originOf(pod).from ?? []);
  return [
    ...mesh.authorizations
      .filter((policy) => subjects.some((subject) => isFor(policy, subject, mesh)))
      .map(listed('AuthorizationPolicy', 'admission')),
    ...mesh.requests
      .filter((policy) => subjects.some((subject) => isFor(policy, subject, mesh)))
      .map(({ key }) => listed('RequestAuthentication', 'identity')(ofKey(key))),
    ...peers.map(({ kind, namespace, name }): ConcernedObject => ({ kind, namespace, name, concern: 'identity' })),
  ];
};

/** @returns undefined where there is no such service */
export const serviceDetails = (
  situation: Situation,
  asked: { readonly namespace: string; readonly name: string },
): ServiceDetails | undefined => {
  const { mesh, resources, pods } = situation;
  const service = mesh.services.find(
    ({ namespace, shortName, hostname }) => namespace === asked.namespace && (shortName ?? hostname) === asked.name,
  );
  if (!service) return undefined;
  const behind = podsBehind(mesh, service, podsByNamespace(pods));
  const definition = placesIn(resources).ofService(service);
  const objects = [
    ...(definition
      ? [{ kind: definition.kind, namespace: definition.namespace, name: definition.name, concern: 'definition' as const }]
      : []),
    ...routingTo(resources, service.hostname),
    ...ofKind(resources, 'DestinationRule')
      .filter(({ metadata, spec }) => covers(expandHost(spec.host ?? '', metadata.namespace), service.hostname))
      .map(named('destination')),
    ...guarding(situation, behind),
  ];
  return { ...registered(service, mesh, behind), objects: [...new Map(objects.map((one) => [refKey(one), one])).values()] };
};
