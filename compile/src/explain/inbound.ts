/** A sidecar's server side: which chain takes the connection, as PeerAuthentication says [S90-S92], and where it leads. */
import { inboundCapturePort, inboundCluster, inboundName, inboundPassthroughCluster, listenerName, virtualInbound } from '@weft/envoy';
import type { ClusterStep, Outcome, Passage, Request } from '@weft/model';
import { type InboundPort, isHttp, type MtlsMode, type View } from '../mesh/index.ts';
import { objectionTo, readingOfServer, rewritesOf } from './reading.ts';

/** A connection as it arrives. */
export interface Arrival {
  /** The workload's own port. */
  readonly port: number;
  /** As the last proxy sent it. */
  readonly request: Request;
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
  if (mode === 'DISABLE') return kind === 'auto' && (mtls || content === 'tls') ? 'own-tls' : `plain-${reads}`;
  if (mtls) return `mtls-${reads}`;
  if (mode === 'STRICT') return undefined;
  if (content === 'tls') return kind === 'http' ? undefined : 'own-tls';
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

const refusal = (mode: MtlsMode, { content }: Arrival): Outcome => {
  const why = {
    strict: 'PeerAuthentication is STRICT, and the connection comes without mTLS',
    foreign:
      'PeerAuthentication is STRICT, and the certificate, if any, is none of the mesh’s: the handshake fails, and no policy is asked',
    unread: `the port is declared HTTP, and gets ${content === 'tls' ? 'TLS that is not the mesh’s' : 'something else'}`,
  };
  return { kind: 'refused', why: mode !== 'STRICT' ? why.unread : content === 'tls' ? why.foreign : why.strict };
};

/** A chain that reads HTTP, and what comes is something else. */
const isUnreadable = (mode: MtlsMode, { content, mtls }: Arrival): boolean => content !== 'http' || (mtls && mode === 'DISABLE');

const unreadable = { kind: 'refused', why: 'the port is declared HTTP, and gets something else' } as const;

/** Another try where the application closed a kept connection in the same moment; gRPC clients do that themselves [S39]. */
const retriesOf = (protocol: InboundPort['protocol']) =>
  protocol === 'grpc' || protocol === 'grpc-web' ? {} : { retries: { attempts: 2, on: ['reset-before-request'], statusCodes: [] } };

const nothing = { virtualHost: '', route: '', clusters: [], timeout: 0, rewrites: {} };

/** It would come back to itself for ever [S6]. */
const loop: Passage = {
  ...{ ...nothing, listener: virtualInbound, filterChain: 'virtualInbound-blackhole', tls: 'none' },
  outcome: { kind: 'refused', why: `port ${inboundCapturePort} is the proxy’s own: the connection is closed` },
};

export const inbound = ({ inbound: slice }: Pick<View, 'inbound'>, arrival: Arrival): Passage => {
  const { port, request } = arrival;
  if (port === inboundCapturePort) return loop;
  const known = slice.ports.find((one) => one.port === port);
  const { protocol, mode } = known ?? { protocol: 'auto' as const, mode: slice.mode };
  const way = wayOf(kindOf(protocol), mode, arrival);
  const prefix = known ? `${port}` : 'virtualInbound';
  const listener = known?.bind === undefined ? virtualInbound : inboundName(listenerName(known.bind, known.port));
  const heading = { ...nothing, listener, filterChain: way ? `${prefix}-${way}` : '', tls: demands[mode] };
  if (!way) return { ...heading, outcome: refusal(mode, arrival) };
  const http = way.endsWith('http');
  if (http && isUnreadable(mode, arrival)) return { ...heading, outcome: unreadable };
  const outcome: Outcome = { kind: 'forward', why: known ? 'to the application' : 'no service names this port: to whatever listens there' };
  const clusters = [application(known ? inboundCluster(port) : inboundPassthroughCluster, port, known?.target)];
  if (!http) return { ...heading, clusters, outcome };
  const reading = readingOfServer(slice);
  const objection = objectionTo(request, reading);
  if (objection) return { ...heading, outcome: objection };
  const host = { virtualHost: `inbound|http|${known ? port : 0}`, route: 'default' };
  return { ...heading, ...host, clusters, ...retriesOf(protocol), rewrites: rewritesOf(request, reading), outcome };
};
