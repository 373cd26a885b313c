/** What the agent is told: the pods to run, names and virtual addresses, and which of the host's ports lead where. */
import { isIP, isIPv6 } from 'node:net';
import { everyAddress, type Mesh, type Service, twinsOf } from '@weft/compile';
import type { NodeView, Resource, ServiceSpec } from '@weft/model';
import { isKind } from '@weft/model';
import type { Instance } from '../registry.ts';

export interface NodeInput {
  readonly mesh: Mesh;
  readonly resources: readonly Resource[];
  readonly instances: readonly Instance[];
  readonly trustDomain: string;
  readonly clusterId: string;
  readonly dnsDomain: string;
  /** Port of the host's 127.0.0.1 for the first port of a gateway's Service. */
  readonly gatewayPort: number;
}

/** A range (`10.0.0.0/8`) is no address that a name could stand for, nor is a socket's path. */
const isAddress = (text: string): boolean => !text.includes('/');

const unique = (texts: readonly string[]): readonly string[] => [...new Set(texts)].sort();

/** Headless services are known by their endpoints' addresses. */
const addressesOf = (service: Service, mesh: Mesh): readonly string[] => {
  if (!service.headless) return unique([...service.addresses, ...twinsOf(service)].filter(isAddress));
  const endpoints = service.ports.flatMap(({ number }) => mesh.endpoints.get(`${service.key}:${number}`)?.endpoints ?? []);
  return unique(endpoints.flatMap((endpoint) => (endpoint.unhealthy ? [] : everyAddress(endpoint).filter(isAddress))));
};

/** Each pod behind a headless Service has a name below it, as StatefulSets' pods have in Kubernetes. */
const podNames = (service: Service, mesh: Mesh, pods: ReadonlyMap<string, string>): readonly (readonly [string, readonly string[]])[] =>
  service.headless
    ? [...Map.groupBy(addressesOf(service, mesh), (address) => pods.get(address))].flatMap(([pod, addresses]) =>
        pod === undefined ? [] : [[`${pod}.${service.hostname}`, addresses] as const],
      )
    : [];

/** Of several services with one host name the first in the mesh's order of precedence. */
const namesOf = ({ mesh, instances }: NodeInput): NodeView['names'] => {
  const pods = new Map(instances.flatMap(({ address, ipv6 = address, pod }) => [address, ipv6].map((own) => [own, pod.name])));
  const names = new Map<string, readonly string[]>();
  for (const service of mesh.services) {
    if (names.has(service.hostname)) continue;
    const addresses = addressesOf(service, mesh);
    if (addresses.length > 0 || service.headless) names.set(service.hostname, addresses);
    for (const [name, own] of podNames(service, mesh, pods)) names.set(name, own);
  }
  return Object.fromEntries([...names].sort(([a], [b]) => (a < b ? -1 : 1)));
};

/** ExternalName Services: other names for hosts in the mesh or outside. */
const aliasesOf = ({ backends }: Mesh): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...backends.values()].flatMap(({ service, external }) =>
      external ? [[service.hostname, external.toLowerCase().replace(/\.$/, '')] as const] : [],
    ),
  );

/** As kube-proxy would: ready endpoints with an IP address behind each virtual address. */
const servicesOf = (mesh: Mesh): NodeView['services'] =>
  mesh.services.flatMap((service) =>
    service.ports.flatMap(({ number, protocol }) => {
      if (protocol === 'udp' || service.resolution !== 'eds') return [];
      const endpoints = (mesh.endpoints.get(`${service.key}:${number}`)?.endpoints ?? [])
        .filter(({ unhealthy }) => !unhealthy)
        .flatMap((endpoint) => everyAddress(endpoint).map((address) => ({ address, port: endpoint.port })))
        .filter(({ address }) => isIP(address));
      return service.addresses.filter(isAddress).map((address) => {
        const ofFamily = endpoints.filter((endpoint) => isIPv6(endpoint.address) === isIPv6(address));
        return { address, port: number, endpoints: ofFamily };
      });
    }),
  );

const selects = ({ selector = {} }: ServiceSpec, { pod }: Instance): boolean => {
  const wanted = Object.entries(selector);
  return wanted.length > 0 && wanted.every(([key, value]) => pod.labels[key] === value);
};

const targetOf = (port: NonNullable<ServiceSpec['ports']>[number], { pod }: Instance): number | undefined => {
  const target = port.targetPort ?? port.port;
  if (typeof target === 'number') return target;
  return pod.containers.flatMap(({ ports }) => ports).find(({ name }) => name === target)?.containerPort;
};

/** A Service's gateway pod: one that is ready, otherwise the first, so that the port is there while it starts. */
const gatewayBehind = (service: Resource<ServiceSpec>, instances: readonly Instance[]): Instance | undefined => {
  const candidates = instances.filter(
    (instance) =>
      instance.pod.proxy === 'gateway' && instance.pod.namespace === service.metadata.namespace && selects(service.spec, instance),
  );
  return candidates.find(({ ready }) => ready) ?? candidates[0];
};

/** Port 80 of whoever has it before others' ports: that is where a mesh is entered, and a second gateway does not move it. */
const entranceFirst = (a: Resource<ServiceSpec>, b: Resource<ServiceSpec>): number => {
  const key = ({ metadata, spec }: Resource<ServiceSpec>): string =>
    `${(spec.ports ?? [])[0]?.port === 80 ? 0 : 1} ${metadata.namespace}/${metadata.name}`;
  return key(a) < key(b) ? -1 : 1;
};

/** Ports that an ordinary user may not bind. */
const privileged = 1024;

/**
 * The first gateway port gets the port that was asked for. Others have their `nodePort`, or keep their number; those that an
 * ordinary user may not bind are moved as far as the first was, so that 80 on 8080 goes with 443 on 8443.
 */
const hostPortsOf = ({ resources, instances, gatewayPort }: NodeInput): NodeView['hostPorts'] => {
  const services = resources
    .filter((resource): resource is Resource<ServiceSpec> => isKind(resource, 'Service') && isOpen(resource.spec))
    .toSorted(entranceFirst);
  const taken = new Map<number, NodeView['hostPorts'][number]>();
  let moved = 0;
  for (const service of services) {
    const gateway = gatewayBehind(service, instances);
    for (const settings of gateway ? (service.spec.ports ?? []) : []) {
      const port = gateway && targetOf(settings, gateway);
      if (!gateway || port === undefined || gatewayPort === 0) continue;
      const isFirst = taken.size === 0;
      if (isFirst) moved = gatewayPort - settings.port;
      const own = settings.nodePort ?? (settings.port < privileged ? settings.port + moved : settings.port);
      const hostPort = isFirst ? gatewayPort : own;
      if (taken.has(hostPort) || hostPort > 65_535 || (!isFirst && hostPort < privileged)) continue;
      taken.set(hostPort, { hostPort, namespace: gateway.pod.namespace, pod: gateway.pod.name, port });
    }
  }
  return [...taken.values()];
};

const isOpen = ({ type }: ServiceSpec): boolean => type === 'LoadBalancer' || type === 'NodePort';

export const nodeView = (input: NodeInput): NodeView => ({
  pods: input.instances.map(({ pod }) => pod),
  names: namesOf(input),
  aliases: aliasesOf(input.mesh),
  services: servicesOf(input.mesh),
  hostPorts: hostPortsOf(input),
  trustDomain: input.trustDomain,
  clusterId: input.clusterId,
  dnsDomain: input.dnsDomain,
});
