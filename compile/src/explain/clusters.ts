/** A cluster by its name: who is behind it, how connections to it are secured, and why calls to it fail. */
import { blackHoleCluster, type OutboundName, outboundSni, parseOutboundCluster, passthroughCluster } from '@weft/envoy';
import type { ClusterStep, EndpointStep, Failure, TlsStep } from '@weft/model';
import {
  type Endpoint,
  nearnessOf,
  type OutboundSlice,
  type PortEndpoints,
  type ScopedService,
  type Subset,
  selects,
  type TrafficPolicy,
  type View,
} from '../mesh/index.ts';
import { type EndpointShare, sharesOf } from './shares.ts';

type Named = Required<OutboundName>;

const parse = (cluster: string): Named => parseOutboundCluster(cluster) ?? { port: 0, subset: '', host: '' };

/** What a cluster was made of; absent: no such cluster was. */
interface Made extends Named {
  readonly scoped: ScopedService;
  readonly chosen?: Subset;
  readonly policy: TrafficPolicy;
  readonly all: PortEndpoints | undefined;
}

const madeOf = (cluster: string, { services, endpoints }: OutboundSlice): Made | undefined => {
  const named = parse(cluster);
  const { port, subset, host } = named;
  const scoped = services.find(({ service }) => service.hostname === host);
  const known = scoped?.service.ports.find(({ number, protocol }) => number === port && protocol !== 'udp');
  if (!scoped || !known) return undefined;
  const all = endpoints.get(`${scoped.service.key}:${port}`);
  if (subset === '') return { ...named, scoped, policy: scoped.destination.policy(port), all };
  const chosen = scoped.destination.subsets.find(({ name }) => name === subset);
  return chosen && { ...named, scoped, chosen, policy: chosen.policy(port), all };
};

const localityOf = ({ locality: { region, zone, subzone } }: Endpoint): string => [region, zone, subzone].join('/').replace(/\/+$/, '');

/** Without the dust of binary fractions. */
const rounded = (percent: number): number => Number(percent.toFixed(6));

const endpointStep = ({ endpoint, priority, percent }: EndpointShare, resolvedByEnvoy: boolean): EndpointStep => ({
  address: endpoint.address,
  port: endpoint.port,
  workload: endpoint.workload,
  namespace: endpoint.namespace,
  locality: localityOf(endpoint),
  health: endpoint.unhealthy ? 'not ready' : resolvedByEnvoy ? 'unknown' : 'ready',
  priority,
  percent: rounded(percent),
  weight: endpoint.weight,
  mtls: endpoint.mtls,
});

/** The connection's own destination, whoever is there. */
const goesWhereDialled = ({ scoped: { service }, policy }: Made, role: View['role']): boolean => {
  if (policy.loadBalancer?.simple === 'PASSTHROUGH') return true;
  return service.resolution === 'original-dst' && !(role === 'gateway' && service.headless);
};

/** Semantics 93-96. */
const tlsOf = (made: Made, endpoints: readonly Endpoint[], whereDialled: boolean): TlsStep => {
  const { policy, scoped } = made;
  const { tls } = policy;
  if (tls?.mode === 'DISABLE') return { mode: 'plaintext' };
  if (tls?.mode === 'SIMPLE' || tls?.mode === 'MUTUAL') {
    // A ServiceEntry's names count where the rule has none.
    const names = tls.subjectAltNames ?? scoped.service.subjectAltNames;
    return { mode: tls.mode, ...(tls.sni && { sni: tls.sni }), ...(names?.length && { identities: names }) };
  }
  const known = [...new Set((made.all?.endpoints ?? []).flatMap(({ mtls, identity }) => (mtls && identity ? [identity] : [])))].sort();
  const identities = tls?.subjectAltNames?.length ? tls.subjectAltNames : known;
  const mesh = { sni: tls?.sni || outboundSni(made), ...(identities.length > 0 && { identities }) };
  if (tls?.mode === 'ISTIO_MUTUAL') return { mode: 'mTLS', ...mesh };
  const able = endpoints.filter(({ mtls }) => mtls).length;
  if (scoped.service.meshExternal || able === 0) return { mode: 'plaintext' };
  if (able === endpoints.length) return { mode: 'mTLS', ...mesh };
  return whereDialled ? { mode: 'plaintext' } : { mode: 'by endpoint', ...mesh };
};

const hashKeyOf = (key: NonNullable<NonNullable<TrafficPolicy['loadBalancer']>['hash']>['key']): string => {
  switch (key?.kind) {
    case 'header':
    case 'cookie':
      return `${key.kind} ${key.name}`;
    case 'query-parameter':
      return `query parameter ${key.name}`;
    case 'source-address':
      return 'the source address';
    case undefined:
      return 'nothing, so at random';
  }
};

const balancerOf = ({ loadBalancer: { simple = 'LEAST_REQUEST', hash } = {} }: TrafficPolicy): string =>
  hash ? `${hash.table.kind === 'ring' ? 'ring hash' : 'maglev'} of ${hashKeyOf(hash.key)}` : simple;

const nobody = (made: Made): Failure => {
  const everybody = made.all?.endpoints.length ?? 0;
  const whose = made.subset === '' ? made.host : `subset ${made.subset} of ${made.host}`;
  const hint =
    made.subset !== '' && everybody > 0 ? `none of the ${everybody} endpoints has the subset's labels` : 'it has no ready endpoint';
  return { status: 503, flag: 'UH', why: `nobody is behind ${whose}: ${hint}` };
};

/** Sidecars get a Secret only by a rule that names its clients [S76]: without it nobody is called. */
const lacksCredential = ({ policy, scoped }: Made, role: View['role']): boolean =>
  Boolean(policy.tls?.credentialName) && role === 'sidecar' && scoped.destination.selected !== true;

const withoutCredential = ({ policy }: Made): Failure => ({
  status: 503,
  flag: 'UH',
  why: `the DestinationRule's credential ${policy.tls?.credentialName} reaches sidecars only by a rule with a workloadSelector`,
});

const missing = (cluster: string, slice: OutboundSlice): Failure => {
  const { port, subset, host } = parse(cluster);
  const scoped = slice.services.find(({ service }) => service.hostname === host);
  const has = scoped?.service.ports.some(({ number }) => number === port) ?? false;
  const what = !scoped ? `there is no service ${host}` : has ? `${host} has no subset ${subset}` : `${host} has no port ${port}`;
  return { status: 503, flag: 'NC', why: `no such cluster: ${what}` };
};

const plain: TlsStep = { mode: 'plaintext' };

const fixed = (name: string, failure?: Failure): Omit<ClusterStep, 'weight' | 'percent'> => ({
  name,
  endpoints: [],
  loadBalancer: 'the address dialled',
  tls: plain,
  ...(failure && { failure }),
});

export interface Share {
  readonly weight: number;
  readonly percent: number;
}

const whole: Share = { weight: 1, percent: 100 };

export const clusterStep = (name: string, { role, outbound, origin }: View, share: Share = whole): ClusterStep => {
  if (name === passthroughCluster) return { ...fixed(name), ...share };
  if (name === blackHoleCluster) return { ...fixed(name, { status: 503, flag: 'UH', why: 'nobody is ever behind it' }), ...share };
  const made = madeOf(name, outbound);
  if (!made) return { ...fixed(name, missing(name, outbound)), ...share };
  const { policy, scoped, all, chosen } = made;
  if (lacksCredential(made, role)) return { ...fixed(name, withoutCredential(made)), ...share };
  const whereDialled = goesWhereDialled(made, role);
  const endpoints = (all?.endpoints ?? []).filter(({ labels }) => !chosen || selects(chosen.labels, labels));
  const dynamic = scoped.service.resolution === 'dns-dynamic';
  // A single name stands nowhere.
  const nearness = scoped.service.resolution === 'dns-logical' ? undefined : nearnessOf(policy, scoped.service, origin);
  const standing = { nearness, origin };
  const shares = sharesOf(endpoints, standing);
  const resolvedByEnvoy = scoped.service.resolution.startsWith('dns-');
  const connectTimeout = policy.connectionPool?.tcp?.connectTimeout ?? 10_000;
  return {
    name,
    ...share,
    endpoints: shares.map((one) => endpointStep(one, resolvedByEnvoy)),
    loadBalancer: whereDialled ? 'the address dialled' : dynamic ? 'the name asked for' : balancerOf(policy),
    tls: tlsOf(made, endpoints, whereDialled),
    connectTimeout,
    ...(shares.every(({ percent }) => percent === 0) && !whereDialled && !dynamic && { failure: nobody(made) }),
  };
};
