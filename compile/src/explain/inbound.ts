/** A sidecar's server side: which chain takes the connection, as PeerAuthentication says [S90-S92], and where it leads. */
import { inboundCluster, inboundName, inboundPassthroughCluster, listenerName, virtualInbound } from '@weft/envoy';
import type { ClusterStep, Outcome, Passage } from '@weft/model';
import { type InboundPort, type InboundSlice, isHttp, type MtlsMode } from '../mesh/index.ts';

/** A connection as it arrives. */
export interface Arrival {
  /** The workload's own port. */
  readonly port: number;
  readonly mtls: boolean;
  /** What is inside the mesh's TLS, or came without. */
  readonly content: 'http' | 'tls' | 'tcp';
}

type Kind = 'http' | 'tcp' | 'auto';

const kindOf = (protocol: InboundPort['protocol']): Kind => (protocol === 'auto' ? 'auto' : isHttp(protocol) ? 'http' : 'tcp');

/** The chain's name after its port; absent: none takes it. */
const wayOf = (
  kind: Kind,
  mode: MtlsMode,
  { mtls, content }: Arrival,
): 'mtls-http' | 'mtls-tcp' | 'plain-http' | 'plain-tcp' | 'own-tls' | undefined => {
  const reads = kind === 'auto' ? (content === 'http' ? 'http' : 'tcp') : kind;
  if (mtls) return mode === 'DISABLE' ? `plain-${kind === 'auto' ? 'tcp' : kind}` : `mtls-${reads}`;
  if (mode === 'STRICT') return undefined;
  if (content === 'tls' && mode === 'PERMISSIVE') return kind === 'http' ? undefined : 'own-tls';
  return `plain-${reads}`;
};

type Target = NonNullable<InboundPort['target']>;

/** @param target of a Sidecar's `defaultEndpoint`; absent: where the connection was dialled */
const application = (name: string, port: number, target?: Target): ClusterStep => ({
  name,
  weight: 1,
  percent: 100,
  endpoints: [
    {
      ...{ address: '', port, ...target },
      ...{ workload: '', namespace: '', locality: '', health: 'unknown', priority: 0, percent: 100, weight: 1, mtls: false },
    },
  ],
  loadBalancer: target ? 'the only endpoint' : 'the address dialled',
  tls: { mode: 'plaintext' },
});

const demands: Readonly<Record<MtlsMode, string>> = {
  STRICT: 'mTLS only (STRICT)',
  PERMISSIVE: 'mTLS and plaintext (PERMISSIVE)',
  DISABLE: 'no mTLS (DISABLE)',
};

const refusal = (mode: MtlsMode, arrival: Arrival): Outcome => ({
  kind: 'refused',
  why:
    mode === 'STRICT'
      ? 'PeerAuthentication is STRICT and the connection comes without mTLS: it is closed'
      : `the port is declared HTTP and gets ${arrival.content === 'tls' ? 'TLS that is not the mesh’s' : 'something else'}: it is closed`,
});

export const inbound = ({ ports, mode: others }: InboundSlice, arrival: Arrival): Passage => {
  const known = ports.find(({ port }) => port === arrival.port);
  const { protocol, mode } = known ?? { protocol: 'auto' as const, mode: others };
  const way = wayOf(kindOf(protocol), mode, arrival);
  const prefix = known ? `${arrival.port}` : 'virtualInbound';
  const listener = known?.bind === undefined ? virtualInbound : inboundName(listenerName(known.bind, known.port));
  const heading = { listener, filterChain: way ? `${prefix}-${way}` : '', tls: demands[mode], timeout: 0, rewrites: {} };
  if (!way) return { ...heading, virtualHost: '', route: '', clusters: [], outcome: refusal(mode, arrival) };
  const cluster = application(known ? inboundCluster(arrival.port) : inboundPassthroughCluster, arrival.port, known?.target);
  const http = way.endsWith('http');
  const retries =
    http && protocol !== 'grpc' && protocol !== 'grpc-web'
      ? { retries: { attempts: 2, on: ['reset-before-request'], statusCodes: [] } }
      : {};
  return {
    ...heading,
    virtualHost: http ? `inbound|http|${known ? arrival.port : 0}` : '',
    route: http ? 'default' : '',
    clusters: [cluster],
    ...retries,
    outcome: { kind: 'forward', why: known ? 'to the application' : 'no service names this port: to whatever listens there' },
  };
};
