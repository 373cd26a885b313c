import type { EndpointSliceSpec, Resource, ServiceEntrySpec } from '@weft/model';
import { peerModes } from '../istio/peer-authentication.ts';
import { writtenEndpoints } from '../istio/service-entry.ts';
import { endpointOf, type PeerLookup, plainEndpoint, targetPort } from '../kubernetes/endpoint.ts';
import { sliceEndpoints, sliceService } from '../kubernetes/endpoint-slice.ts';
import { type WorkloadIndex, workloadIndex } from '../kubernetes/selector.ts';
import {
  type Backend,
  type Endpoint,
  isAddress,
  isSocket,
  type Mesh,
  modeOf,
  type PortEndpoints,
  type Service,
  type Workload,
} from '../mesh/index.ts';
import { type Input, nameOf, type Pass } from './input.ts';

const slicesByService = (slices: readonly Resource<EndpointSliceSpec>[]): ReadonlyMap<string, readonly Resource<EndpointSliceSpec>[]> =>
  Map.groupBy(slices, sliceService);

/** The workload's port behind a service port; a WorkloadEntry may give its own by the service port's name. */
export const workloadPort = (
  workload: Pick<Workload, 'kind' | 'ports'>,
  port: { readonly name: string },
  target: number | string,
): number | undefined =>
  (workload.kind === 'entry' && Object.hasOwn(workload.ports, port.name) ? workload.ports[port.name] : undefined) ??
  targetPort(workload, target);

interface Sources {
  readonly index: WorkloadIndex<Workload>;
  readonly slices: ReadonlyMap<string, readonly Resource<EndpointSliceSpec>[]>;
  readonly entries: ReadonlyMap<string, Resource<ServiceEntrySpec>>;
  readonly byAddress: ReadonlyMap<string, Workload>;
  readonly peers: PeerLookup;
  readonly trustDomain: string;
}

const byPort =
  (workloads: readonly Workload[], { targets, unready, ipv6 }: Backend, peers: PeerLookup) =>
  (port: { readonly number: number; readonly name: string }) =>
    workloads.flatMap((workload): readonly Endpoint[] => {
      const number = workloadPort(workload, port, targets.get(port.number) ?? port.number);
      if (number === undefined) return [];
      // A Unix socket has no port.
      const own = isSocket(workload.address) ? 0 : number;
      const endpoint = endpointOf(workload, { port: own, mode: modeOf(peers(workload), number), ipv6 });
      return [workload.ready || unready ? endpoint : { ...endpoint, unhealthy: true }];
    });

interface Source {
  readonly inputs: readonly unknown[];
  readonly endpoints: (port: { readonly number: number; readonly name: string }) => readonly Endpoint[];
}

/** What the endpoints of one object's service are made of, and how. */
const sourceOf = (backend: Backend, sources: Sources): Source => {
  const { service, selector } = backend;
  if (selector) {
    const ready = sources.index
      .select(service.namespace, selector)
      .filter((workload) => (workload.ready || backend.unready || service.distribution) && workload.address !== '');
    return { inputs: ready, endpoints: byPort(ready, backend, sources.peers) };
  }
  const { external } = backend;
  if (external !== undefined) return { inputs: [], endpoints: ({ number }) => [plainEndpoint(external, number)] };
  const entry = backend.entry === undefined ? undefined : sources.entries.get(backend.entry);
  if (entry) {
    const written = writtenEndpoints(entry, service, sources);
    return { inputs: [entry.hash], endpoints: ({ number }) => written(number) };
  }
  const slices = sources.slices.get(`${service.namespace}/${service.shortName ?? ''}`) ?? [];
  const inputs = slices.length === 0 ? [] : [...slices.map(({ hash }) => hash), sources.byAddress];
  return {
    inputs,
    endpoints: (port) => sliceEndpoints(slices, port, { peers: sources.peers, workloadAt: (address) => sources.byAddress.get(address) }),
  };
};

const distinct = (endpoints: readonly Endpoint[]): readonly Endpoint[] =>
  [...new Map(endpoints.toReversed().map((endpoint) => [`${endpoint.address} ${endpoint.port}`, endpoint])).values()].reverse();

/** Each ServiceEntry gives endpoints for its own ports. */
const wholeSource = (backend: Backend, sources: Sources): Source => {
  if (!backend.others) return sourceOf(backend, sources);
  const parts = [backend, ...backend.others].map((part) => ({ part, source: sourceOf(part, sources) }));
  return {
    inputs: parts.flatMap(({ source }) => source.inputs),
    endpoints: (port) =>
      distinct(parts.filter(({ part }) => part.targets.has(port.number)).flatMap(({ source }) => source.endpoints(port))),
  };
};

/** Mesh mTLS is chosen by endpoint only inside the mesh, and only where the mesh's settings say so [S93, S94]. */
const withoutMtls = (endpoints: readonly Endpoint[]): readonly Endpoint[] =>
  endpoints.map((endpoint) => (endpoint.mtls ? { ...endpoint, mtls: false } : endpoint));

/**
 * What Envoy would refuse a whole response for: an endpoint is an IP address or a socket, unless names are resolved: then it is
 * no socket, and a logical DNS cluster has one endpoint.
 */
const acceptable = ({ resolution }: Service, endpoints: readonly Endpoint[]): readonly Endpoint[] => {
  const isResolved = resolution === 'dns-strict' || resolution === 'dns-logical';
  if (!isResolved) return endpoints.filter(({ address }) => isSocket(address) || isAddress(address));
  const names = endpoints.filter(({ address }) => !isSocket(address));
  return resolution === 'dns-logical' ? names.slice(0, 1) : names;
};

const byAddress = (workloads: readonly Workload[]): ReadonlyMap<string, Workload> =>
  new Map(workloads.flatMap((workload) => [workload.address, workload.ipv6 ?? workload.address].map((address) => [address, workload])));

const sourcesOf = (input: Input, mesh: Mesh): Sources => {
  const { memo, of } = input;
  const workloads = [...mesh.workloads.values()];
  const { rootNamespace, trustDomain } = mesh.rules;
  return {
    index: memo('workloads by label', [mesh.workloads], () => workloadIndex(workloads)),
    byAddress: memo('workloads by address', [mesh.workloads], () => byAddress(workloads)),
    slices: slicesByService(of('EndpointSlice')),
    entries: memo('entries by name', [of('ServiceEntry')], () => new Map(of('ServiceEntry').map((entry) => [nameOf(entry), entry]))),
    peers: (workload) => peerModes(mesh.peers, rootNamespace, workload),
    trustDomain,
  };
};

/**
 * Ready instances only: an instance that is not ready has no place in load balancing [S75]. Where a Service prefers near ones,
 * those that are not ready are told as such: else their clients would not know when to go further away [S65].
 */
export const endpoints: Pass = {
  name: 'endpoints',
  reads: ({ of }, { backends, workloads, peers, rules }) => [backends, workloads, peers, rules, of('EndpointSlice'), of('ServiceEntry')],
  make: (input, mesh) => {
    const { enableAutoMtls, rootNamespace, trustDomain } = mesh.rules;
    const sources = sourcesOf(input, mesh);
    const all = new Map<string, PortEndpoints>();
    for (const backend of mesh.backends.values()) {
      const { service } = backend;
      const { inputs, endpoints: ofPort } = wholeSource(backend, sources);
      const common = [backend, mesh.peers, rootNamespace, trustDomain, enableAutoMtls, ...inputs];
      for (const port of service.ports) {
        const key = `${service.key}:${port.number}`;
        const made = () => {
          const found = acceptable(service, ofPort(port));
          return {
            service: service.key,
            port: port.number,
            endpoints: enableAutoMtls && !service.meshExternal ? found : withoutMtls(found),
          };
        };
        all.set(key, input.memo(key, common, made));
      }
    }
    return { endpoints: all };
  },
};
