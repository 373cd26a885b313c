/** A request's whole way: out of the client's proxy or a gateway, and into the servers' proxies that it may reach. */
import type { ClusterStep, EndpointStep, Hop, Journey, Outcome, Passage, Proxy, Request, Resource } from '@weft/model';
import type { RunningPod } from '../kubernetes/workload.ts';
import type { Mesh, ScopedService, View } from '../mesh/index.ts';
import { destinationRule } from '../scope/destinations.ts';
import { scope } from '../scope/index.ts';
import { type Arrival, inbound } from './inbound.ts';
import { explain } from './passage.ts';
import { type Places, placesIn } from './places.ts';
import { forwarded } from './rewrite.ts';
import { unproxied } from './unproxied.ts';

export interface Situation {
  readonly mesh: Mesh;
  readonly resources: readonly Resource[];
  readonly pods: readonly RunningPod[];
}

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
}

/** A connection as the endpoint's own proxy sees it. */
const arrivalAt = (endpoint: EndpointStep, { cluster: { tls }, passage: { virtualHost }, request }: Leg): Arrival => {
  const mtls = tls.mode === 'mTLS' || (tls.mode === 'by endpoint' && endpoint.mtls);
  const own = tls.mode === 'SIMPLE' || tls.mode === 'MUTUAL' ? 'tls' : undefined;
  const content = virtualHost !== '' ? 'http' : (request.protocol ?? 'http');
  return { port: endpoint.port, mtls, content: mtls ? content : (own ?? content) };
};

/** The request as another gateway gets it: inside the TLS that the cluster speaks. */
const towards = (endpoint: EndpointStep, { passage, cluster, request }: Leg): Request => {
  const sent = passage.virtualHost === '' ? request : forwarded(request, passage, cluster);
  const encrypted = cluster.tls.mode !== 'plaintext' && passage.virtualHost !== '';
  const there = { ...sent, port: endpoint.port, address: endpoint.address };
  return encrypted ? { ...there, host: cluster.tls.sni ?? sent.host, scheme: 'https' } : there;
};

/** A way longer than this goes in circles. */
const longestWay = 4;

const further = (leg: Leg, way: Way, depth: number): readonly Hop[] => {
  const { cluster } = leg;
  const seen = new Set<string>();
  return cluster.endpoints.flatMap((endpoint): readonly Hop[] => {
    const pod = way.pods.find((pod) => isAt(pod, endpoint));
    // One pod of each workload speaks for all.
    const workload = pod && `${pod.pod.namespace}/${pod.pod.workload.name}`;
    if (!pod || pod.pod.proxy === 'none' || seen.has(workload ?? '')) return [];
    seen.add(workload ?? '');
    if (pod.pod.proxy === 'gateway')
      return depth < longestWay ? from(pod, { request: towards(endpoint, leg), reachedBy: cluster.name, depth: depth + 1 }, way) : [];
    const view = scope(way.mesh, expectedProxy(pod));
    const arrived = inbound(view.inbound, arrivalAt(endpoint, leg));
    return [{ proxy: nameOf(pod), role: 'server', reachedBy: cluster.name, ...arrived }];
  });
};

interface Asked {
  readonly request: Request;
  readonly reachedBy?: string;
  /** Gateways passed. */
  readonly depth?: number;
}

/** This proxy's hop, and those behind it. */
const from = (pod: RunningPod, { request, reachedBy, depth = 0 }: Asked, way: Way): readonly Hop[] => {
  const view = scope(way.mesh, expectedProxy(pod));
  const passage = placed(explain(view, request), { view, pod }, way);
  const role = view.role === 'gateway' ? 'gateway' : 'client';
  const hop: Hop = { proxy: nameOf(pod), role, ...(reachedBy !== undefined && { reachedBy }), ...passage };
  const legs = passage.clusters.filter(({ failure }) => !failure).map((cluster) => ({ passage, cluster, request }));
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
      const who = [...new Set(endpoints.map(({ workload, namespace, address }) => (workload ? `${namespace}/${workload}` : address)))];
      return [`${Number(part.toFixed(2))} % to ${who.join(', ') || name}`];
    });

/** The first proxy's word counts, unless one behind it refuses: then the client's proxy answers 503, or closes the connection. */
const together = (hops: readonly Hop[]): Outcome => {
  const [first, ...others] = hops;
  if (!first) return { kind: 'refused', why: 'no proxy takes the request, and nobody is known behind the name' };
  if (first.outcome.kind !== 'forward') return first.outcome;
  const last = others.findLast(({ role }) => role === 'gateway');
  if (last && last.outcome.kind !== 'forward' && last.outcome.kind !== 'refused') return last.outcome;
  const refusing = others.filter(({ outcome }) => outcome.kind === 'refused');
  const [one] = refusing;
  if (!one) return { kind: 'forward', why: reached(hops, first, 100).join('; ') };
  const why = `${one.proxy} refuses it: ${one.outcome.why}`;
  if (others.length > refusing.length && others.some(({ role }) => role === 'server')) return { kind: 'forward', why: `but ${why}` };
  if (one.outcome.status !== undefined) return { ...one.outcome, why };
  return { kind: 'refused', ...(first.virtualHost !== '' && { status: 503, flag: 'UC' }), why };
};

/** A client without a proxy: only servers have a say. */
const bare = (request: Request, way: Way): Pick<Journey, 'hops' | 'outcome'> => {
  const leg = unproxied(request, way);
  const hops = further(leg, way, 0);
  const who = leg.cluster.endpoints.map(({ workload, namespace, address }) => (workload ? `${namespace}/${workload}` : address));
  if (who.length === 0)
    return { hops, outcome: { kind: 'passthrough', why: 'the mesh knows no endpoint of that name and port; the client has no sidecar' } };
  const [refusing] = hops.filter(({ outcome }) => outcome.kind === 'refused');
  if (refusing) return { hops, outcome: { ...refusing.outcome, why: `${refusing.proxy} refuses it: ${refusing.outcome.why}` } };
  return { hops, outcome: { kind: 'forward', why: `${[...new Set(who)].join(', ')}, without a sidecar on the client’s side` } };
};

/** Whoever comes from outside meets the gateway that listens on the port. */
const entrance = (port: number, { pods, mesh }: Situation): { readonly pod: RunningPod; readonly port: number } | undefined => {
  const gateways = pods.filter(({ pod }) => pod.proxy === 'gateway');
  for (const pod of gateways) {
    const { servers } = scope(mesh, expectedProxy(pod)).gateway;
    if (servers.some((server) => server.port === port)) return { pod, port };
  }
  for (const pod of gateways) {
    const targets = [...mesh.endpoints.values()].filter(
      (one) => one.port === port && one.endpoints.some((endpoint) => isAt(pod, endpoint)),
    );
    const target = targets[0]?.endpoints.find((endpoint) => isAt(pod, endpoint));
    if (target) return { pod, port: target.port };
  }
  return undefined;
};

/** @param caller a pod; absent: somebody outside, who comes through a gateway */
export const journey = (situation: Situation, request: Request, caller?: RunningPod): Journey => {
  const way = { ...situation, places: placesIn(situation.resources) };
  if (caller) {
    const isOpaque = request.scheme === 'https' && caller.pod.proxy === 'sidecar';
    const asked: Request = isOpaque ? { ...request, protocol: 'tls' } : request;
    if (caller.pod.proxy === 'none') return { from: nameOf(caller), request, ...bare(asked, way) };
    const hops = from(caller, { request: asked }, way);
    return { from: nameOf(caller), request, hops, outcome: together(hops) };
  }
  const found = entrance(request.port, situation);
  if (!found) {
    const outcome: Outcome = { kind: 'refused', why: `no gateway listens on port ${request.port}` };
    return { from: 'outside', request, hops: [], outcome };
  }
  const hops = from(found.pod, { request: { ...request, port: found.port } }, way);
  return { from: 'outside', request, hops, outcome: together(hops) };
};
