import type { EndpointSliceSpec, Resource, ServiceEntrySpec } from '@weft/model';
import { peerModes } from '../istio/peer-authentication.ts';
import { writtenEndpoints } from '../istio/service-entry.ts';
import { endpointOf, type PeerLookup, plainEndpoint, targetPort } from '../kubernetes/endpoint.ts';
import { sliceEndpoints, sliceService } from '../kubernetes/endpoint-slice.ts';
import { type WorkloadIndex, workloadIndex } from '../kubernetes/selector.ts';
import {
  type Backend,
  difference,
  type Endpoint,
  isAddress,
  isSocket,
  type Memo,
  type Mesh,
  modeOf,
  type PortEndpoints,
  type Service,
  selects,
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

type Entry = Resource<ServiceEntrySpec>;

interface Sources {
  readonly index: Pick<WorkloadIndex<Workload>, 'select'>;
  readonly slices: ReadonlyMap<string, readonly Resource<EndpointSliceSpec>[]>;
  readonly entries: ReadonlyMap<string, Entry>;
  readonly byAddress: () => ReadonlyMap<string, Workload>;
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
  const inputs = slices.length === 0 ? [] : [...slices.map(({ hash }) => hash), sources.byAddress()];
  return {
    inputs,
    endpoints: (port) => sliceEndpoints(slices, port, { peers: sources.peers, workloadAt: (address) => sources.byAddress().get(address) }),
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

/** Selectors are of one namespace: those of others stay as they are when a workload comes or goes. */
const indexOf = (workloads: readonly Workload[], memo: Memo): Sources['index'] => {
  const namespaces = Map.groupBy(workloads, ({ namespace }) => namespace);
  const indices = new Map<string, WorkloadIndex<Workload>>();
  return {
    select: (namespace, selector) => {
      const own = namespaces.get(namespace) ?? [];
      const index = indices.get(namespace) ?? memo(`workloads of ${namespace}`, own, () => workloadIndex(own));
      indices.set(namespace, index);
      return index.select(namespace, selector);
    },
  };
};

const sourcesOf = ({ memo, of }: Input, workloads: readonly Workload[], mesh: Mesh): Sources => {
  const { rootNamespace, trustDomain } = mesh.rules;
  return {
    index: indexOf(workloads, memo),
    byAddress: () => memo('workloads by address', [workloads], () => byAddress(workloads)),
    slices: slicesByService(of('EndpointSlice')),
    entries: memo('entries by name', [of('ServiceEntry')], () => new Map(of('ServiceEntry').map((entry) => [nameOf(entry), entry]))),
    peers: (workload) => workload.stage?.told ?? peerModes(mesh.peers, rootNamespace, workload),
    trustDomain,
  };
};

/** What the endpoints of every service may depend on beside it. */
type Surroundings = readonly [
  workloads: readonly Workload[],
  entries: readonly Entry[],
  slices: readonly unknown[],
  rules: Mesh['rules'],
  peers: Mesh['peers'],
];

/** Services that changed workloads or ServiceEntries may stand behind; `undefined`: any. */
const concerned = (before: Surroundings, now: Surroundings): ((backend: Backend) => boolean) | undefined => {
  const [workloads, entries] = [difference(before[0], now[0]), difference(before[1], now[1])];
  const isSame = before.slice(2).every((part, index) => part === now[index + 2]);
  if (!isSame || !workloads || !entries || (workloads.length > 0 && now[2].length > 0)) return undefined;
  const names = new Set(entries.map(nameOf));
  const isBehind = ({ service, selector, entry }: Backend): boolean =>
    entry !== undefined && names.has(entry)
      ? true
      : workloads.some(({ namespace, labels }) => selector && namespace === service.namespace && selects(selector, labels));
  return (backend) => isBehind(backend) || backend.others?.some(isBehind) === true;
};

/** By port, so that a port of which nothing changed keeps what it has. */
const endpointsBehind = (backend: Backend, { rules, peers }: Mesh, { source, memo }: Made): readonly PortEndpoints[] => {
  const { service } = backend;
  return service.ports.map((port) =>
    memo(`${port.number}`, [backend, rules, peers, ...source.inputs], () => {
      const found = acceptable(service, source.endpoints(port));
      const endpoints = rules.enableAutoMtls && !service.meshExternal ? found : withoutMtls(found);
      return { service: service.key, port: port.number, endpoints };
    }),
  );
};

interface Made {
  readonly source: Source;
  readonly memo: Memo;
}

/**
 * Ready instances only: an instance that is not ready has no place in load balancing [S75]. Where a Service prefers near ones,
 * those that are not ready are told as such: else their clients would not know when to go further away [S65].
 */
export const endpoints: Pass = {
  name: 'endpoints',
  reads: ({ of }, { backends, workloads, peers, rules }) => [backends, workloads, peers, rules, of('EndpointSlice'), of('ServiceEntry')],
  make: (input, mesh) => {
    const { of, memo } = input;
    const workloads = memo('workloads', [mesh.workloads], () => [...mesh.workloads.values()]);
    const sources = sourcesOf(input, workloads, mesh);
    const context: Surroundings = [workloads, of('ServiceEntry'), of('EndpointSlice'), mesh.rules, mesh.peers];
    const made = memo.each('endpoints', {
      items: memo('backends', [mesh.backends], () => [...mesh.backends.values()]),
      name: ({ service }) => service.key,
      context,
      inputs: (backend) => [backend, mesh.rules, mesh.peers, ...wholeSource(backend, sources).inputs],
      concerned: (before) => concerned(before as Surroundings, context),
      make: (backend, inner) => endpointsBehind(backend, mesh, { source: wholeSource(backend, sources), memo: inner }),
    });
    return { endpoints: new Map(made.flat().map((one) => [`${one.service}:${one.port}`, one])) };
  },
};
