/** A request's whole way: out of the client's proxy or a gateway, and into the servers' proxies that it may reach. */
import type { ClusterStep, EndpointStep, Hop, Journey, Outcome, Passage, Proxy, Request, Resource } from '@weft/model';
import { spiffeId } from '@weft/model';
import type { RunningPod } from '../kubernetes/workload.ts';
import type { Mesh, ScopedService, Tracing, View } from '../mesh/index.ts';
import { destinationRule } from '../scope/destinations.ts';
import { scope } from '../scope/index.ts';
import type { Sender } from './arriving.ts';
import type { TokenPowers } from './bearer.ts';
import type { Arrival } from './inbound.ts';
import { enteredGateway, enteredServer } from './judged.ts';
import { seen } from './own-headers.ts';
import { explain } from './passage.ts';
import { type Places, placesIn } from './places.ts';
import { asRequest, read } from './request.ts';
import { forwarded } from './rewrite.ts';
import { withPlaces } from './rule-places.ts';
import { traced, tracingOfCalls } from './trace-context.ts';
import { unproxied } from './unproxied.ts';

export interface Situation {
  readonly mesh: Mesh;
  readonly resources: readonly Resource[];
  readonly pods: readonly RunningPod[];
  /** Absent: no token is known to be anybody's. */
  readonly tokens?: TokenPowers;
}

/** Of all issuers that the mesh knows. */
export const keySetsOf = ({ requests }: Mesh): readonly string[] => [
  ...new Set(requests.flatMap(({ rules }) => rules.map(({ keys }) => keys))),
];

export const nobodysTokens: TokenPowers = { claimsOf: () => undefined, isSigned: () => false, now: () => 0 };

/** The proxy that a pod has or will have, as far as its configuration goes. */
export const expectedProxy = ({ pod, address, ipv6 }: Pick<RunningPod, 'pod' | 'address' | 'ipv6'>): Proxy => ({
  id: '',
  role: pod.proxy === 'gateway' ? 'gateway' : 'sidecar',
  name: pod.name,
  namespace: pod.namespace,
  serviceAccount: pod.serviceAccount,
  labels: pod.labels,
  addresses: ipv6 === undefined ? [address] : [address, ipv6],
  cluster: '',
  network: '',
  locality: { region: '', zone: '', subzone: '' },
  dnsDomain: `${pod.namespace}.svc.cluster.local`,
});

/** An endpoint's first address may be of either family. */
const isAt = ({ address, ipv6 }: RunningPod, endpoint: { readonly address: string }): boolean =>
  endpoint.address === address || endpoint.address === ipv6;

const nameOf = ({ pod }: RunningPod): string => `${pod.namespace}/${pod.name}`;

interface Way extends Situation {
  readonly places: Places;
}

interface Caller {
  readonly pod: RunningPod;
  readonly view: View;
}

/** A passage of one proxy, with the places of its objects. */
const placed = (passage: Passage, { view, pod: { pod } }: Caller, { places, mesh }: Way): Passage => {
  const scopedOf = (cluster: string): ScopedService | undefined =>
    view.outbound.services.find(({ service }) => service.hostname === cluster.split('|')[3]);
  const withRule = (step: ClusterStep): ClusterStep => {
    const service = scopedOf(step.name)?.service;
    const rule = service && destinationRule(mesh, service, pod);
    const object = rule && places.ofRule(rule);
    return { ...step, ...(object && { object }) };
  };
  const service = scopedOf(passage.clusters[0]?.name ?? '')?.service;
  const object = passage.object ? places.located(passage.object) : service && places.ofService(service);
  return { ...passage, ...(object && { object }), clusters: passage.clusters.map(withRule) };
};

interface Leg {
  readonly passage: Passage;
  readonly cluster: ClusterStep;
  readonly request: Request;
  /** Whose proxy sends it, or, where it has none, the pod itself. */
  readonly sender: RunningPod;
  /** Absent: it does not trace. */
  readonly tracing?: Tracing;
}

/** Of addresses, that of the family in which it is called. */
const senderOf = ({ pod, address, ipv6 }: RunningPod, called: string, { mesh }: Way): Sender => ({
  identity: spiffeId({ trustDomain: mesh.rules.trustDomain, namespace: pod.namespace, serviceAccount: pod.serviceAccount }),
  address: called.includes(':') ? (ipv6 ?? address) : address,
});

/** Bytes stay what they are; of what was read, the TLS around it ended here. */
const sentOn = ({ passage, cluster, request, tracing }: Leg): Request => {
  if (passage.virtualHost === '') return request;
  const { scheme: _scheme, certificate: _certificate, ...sent } = forwarded(request, passage, cluster);
  return traced(sent, request, tracing);
};

/** A connection as the endpoint's own proxy sees it. */
const arrivalAt = (endpoint: EndpointStep, leg: Leg): Arrival => {
  const { tls } = leg.cluster;
  const request = sentOn(leg);
  const mtls = tls.mode === 'mTLS' || (tls.mode === 'by endpoint' && endpoint.mtls);
  const own = tls.mode === 'SIMPLE' || tls.mode === 'MUTUAL' ? 'tls' : undefined;
  const content = leg.passage.virtualHost !== '' ? 'http' : (request.protocol ?? 'http');
  return { port: endpoint.port, request, mtls, content: mtls ? content : (own ?? content) };
};

/** What a cluster shows of itself: an identity of the mesh, or the certificate that its DestinationRule says. */
const certificateOf = ({ tls: { mode } }: ClusterStep): Pick<Request, 'certificate'> => {
  if (mode === 'mTLS' || mode === 'by endpoint') return { certificate: 'mesh' };
  return mode === 'MUTUAL' ? { certificate: 'known' } : {};
};

/** The request as another gateway gets it: inside the TLS that the cluster speaks. */
const towards = (endpoint: EndpointStep, leg: Leg): Request => {
  const { cluster, passage } = leg;
  const there = { ...sentOn(leg), port: endpoint.port, address: endpoint.address };
  const encrypted = cluster.tls.mode !== 'plaintext' && passage.virtualHost !== '';
  return encrypted ? { ...there, host: cluster.tls.sni ?? there.host, scheme: 'https', ...certificateOf(cluster) } : there;
};

/** A way longer than this goes in circles. */
const longestWay = 4;

/** Others are for when too few of the nearest are ready. */
const isAsked = ({ percent }: EndpointStep): boolean => percent > 0;

const further = (leg: Leg, way: Way, depth: number): readonly Hop[] => {
  const { cluster } = leg;
  const seen = new Set<string>();
  return cluster.endpoints.filter(isAsked).flatMap((endpoint): readonly Hop[] => {
    const pod = way.pods.find((pod) => isAt(pod, endpoint));
    // One pod of each workload speaks for all.
    const workload = pod && `${pod.pod.namespace}/${pod.pod.workload.name}`;
    if (!pod || pod.pod.proxy === 'none' || seen.has(workload ?? '')) return [];
    seen.add(workload ?? '');
    const sender = senderOf(leg.sender, endpoint.address, way);
    if (pod.pod.proxy === 'gateway')
      return depth < longestWay
        ? from(pod, { request: towards(endpoint, leg), reachedBy: cluster.name, depth: depth + 1, sender }, way)
        : [];
    const view = scope(way.mesh, expectedProxy(pod));
    const arrival = arrivalAt(endpoint, leg);
    const door = { view, arrival, address: endpoint.address, serverName: cluster.tls.sni ?? '' };
    const arrived = enteredServer(door, { sender, powers: way.tokens ?? nobodysTokens });
    return [{ proxy: nameOf(pod), role: 'server', reachedBy: cluster.name, ...withPlaces(arrived, way.places) }];
  });
};

interface Asked {
  readonly request: Request;
  readonly reachedBy?: string;
  /** Gateways passed. */
  readonly depth?: number;
  /** Who opened the connection to it; absent: its own application. */
  readonly sender?: Sender;
}

/** As routes of the client's own proxy see it. */
const seenByOwn = (request: Request): Request =>
  asRequest(seen(read(request), { encrypted: false, unbelieved: [], certificates: 'SANITIZE' }), request);

/** What the router adds. */
const leaving = (request: Request): Request => ({ ...request, headers: { ...request.headers, 'x-envoy-attempt-count': '1' } });

/** This proxy's hop, and those behind it. */
const from = (pod: RunningPod, { request, reachedBy, depth = 0, sender }: Asked, way: Way): readonly Hop[] => {
  const view = scope(way.mesh, expectedProxy(pod));
  const incoming = sender && { sender, powers: way.tokens ?? nobodysTokens };
  const own = seenByOwn(request);
  const entered = incoming ? enteredGateway({ view, request }, incoming) : { passage: explain(view, own), request: own };
  const passage = placed(entered.passage, { view, pod }, way);
  const role = view.role === 'gateway' ? 'gateway' : 'client';
  const hop: Hop = { proxy: nameOf(pod), role, ...(reachedBy !== undefined && { reachedBy }), ...withPlaces(passage, way.places) };
  const tracing = tracingOfCalls(view.role === 'gateway' ? view.gateway : view.outbound);
  const legs = passage.clusters
    .filter(({ failure }) => !failure)
    .map((cluster) => ({ passage, cluster, request: leaving(entered.request), sender: pod, ...(tracing && { tracing }) }));
  return [hop, ...legs.flatMap((leg) => further(leg, way, depth))];
};

/** Who gets it in the end, each with its share of all requests. */
const reached = (hops: readonly Hop[], hop: Hop, share: number): readonly string[] =>
  hop.clusters
    .filter(({ failure }) => !failure)
    .flatMap(({ name, percent, endpoints }) => {
      const part = (share * percent) / 100;
      const gateway = hops.find(({ role, reachedBy }) => role === 'gateway' && reachedBy === name);
      if (gateway) return reached(hops, gateway, part);
      const who = [
        ...new Set(endpoints.filter(isAsked).map(({ workload, namespace, address }) => (workload ? `${namespace}/${workload}` : address))),
      ];
      return [`${Number(part.toFixed(2))} % to ${who.join(', ') || name}`];
    });

/** Whose answer decides in the end. */
const provided = (hops: readonly Hop[]): string => {
  const asked = new Set(hops.flatMap(({ verdict }) => verdict?.asks?.map(({ provider }) => provider) ?? []));
  return asked.size === 0 ? '' : `, if ${[...asked].join(' and ')} ${asked.size === 1 ? 'agrees' : 'agree'}`;
};

/** The first proxy's word counts, unless one behind it refuses: then the client's proxy answers 503, or closes the connection. */
const together = (hops: readonly Hop[]): Outcome => {
  const [first, ...others] = hops;
  if (!first) return { kind: 'refused', why: 'no proxy takes the request, and nobody is known behind the name' };
  if (first.outcome.kind !== 'forward') return first.outcome;
  const last = others.findLast(({ role }) => role === 'gateway');
  if (last && last.outcome.kind !== 'forward' && last.outcome.kind !== 'refused') return last.outcome;
  const refusing = others.filter(({ outcome }) => outcome.kind === 'refused');
  const [one] = refusing;
  if (!one) return { kind: 'forward', why: reached(hops, first, 100).join('; ') + provided(hops) };
  const why = `${one.proxy} refuses it: ${one.outcome.why}`;
  if (others.length > refusing.length && others.some(({ role }) => role === 'server')) return { kind: 'forward', why: `but ${why}` };
  if (one.outcome.status !== undefined) return { ...one.outcome, why };
  return { kind: 'refused', ...(first.virtualHost !== '' && { status: 503, flag: 'UC' }), why };
};

/** A client without a proxy: only servers have a say. */
const bare = (request: Request, caller: RunningPod, way: Way): Pick<Journey, 'hops' | 'outcome'> => {
  const leg = { ...unproxied(request, way), sender: caller };
  const hops = further(leg, way, 0);
  const who = leg.cluster.endpoints.map(({ workload, namespace, address }) => (workload ? `${namespace}/${workload}` : address));
  if (who.length === 0)
    return { hops, outcome: { kind: 'passthrough', why: 'the mesh knows no endpoint of that name and port; the client has no sidecar' } };
  const [refusing] = hops.filter(({ outcome }) => outcome.kind === 'refused');
  if (refusing) return { hops, outcome: { ...refusing.outcome, why: `${refusing.proxy} refuses it: ${refusing.outcome.why}` } };
  return {
    hops,
    outcome: { kind: 'forward', why: `${[...new Set(who)].join(', ')}, without a sidecar on the client’s side${provided(hops)}` },
  };
};

/** The gateway's own port behind what a client calls: where its Service leads to, or else the port itself. */
const listeningPort = (pod: RunningPod, port: number, { mesh }: Situation): number | undefined => {
  for (const one of mesh.endpoints.values()) {
    const target = one.port === port ? one.endpoints.find((endpoint) => isAt(pod, endpoint)) : undefined;
    if (target) return target.port;
  }
  const { servers } = scope(mesh, expectedProxy(pod)).gateway;
  return servers.some((server) => server.port === port) ? port : undefined;
};

interface Entrance {
  readonly pod: RunningPod;
  readonly port: number;
}

/** Whoever comes from outside meets the gateway that listens on the port. */
const entrance = (port: number, situation: Situation): Entrance | undefined => {
  for (const pod of situation.pods.filter(({ pod: { proxy } }) => proxy === 'gateway')) {
    const own = listeningPort(pod, port, situation);
    if (own !== undefined) return { pod, port: own };
  }
  return undefined;
};

/** As a client of the gateway that is meant; absent: of whichever has the port. */
const throughEntrance = (request: Request, way: Way, gateway?: RunningPod): Pick<Journey, 'hops' | 'outcome'> => {
  const found = gateway ? { pod: gateway, port: listeningPort(gateway, request.port, way) ?? request.port } : entrance(request.port, way);
  if (!found) return { hops: [], outcome: { kind: 'refused', why: `no gateway listens on port ${request.port}` } };
  const sender = request.clientAddress === undefined ? {} : { address: request.clientAddress };
  const hops = from(found.pod, { request: { ...request, port: found.port }, sender }, way);
  return { hops, outcome: together(hops) };
};

/** @param caller a pod; absent: somebody outside, who comes through a gateway */
export const journey = (situation: Situation, request: Request, caller?: RunningPod): Journey => {
  const way = { ...situation, places: placesIn(situation.resources) };
  if (!caller) return { from: 'outside', request, ...throughEntrance(request, way) };
  const heading = { from: nameOf(caller), request };
  if (caller.pod.proxy === 'gateway') return { ...heading, ...throughEntrance(request, way, caller) };
  // What a program encrypts itself, its sidecar cannot read.
  const asked: Request = request.scheme === 'https' ? { ...request, protocol: 'tls' } : request;
  if (caller.pod.proxy === 'none') return { ...heading, ...bare(asked, caller, way) };
  const hops = from(caller, { request: asked }, way);
  return { ...heading, hops, outcome: together(hops) };
};
