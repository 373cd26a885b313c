/** Names that Istio's sidecars, tools and users know [S1-S13], and Envoy's type URLs. */

const api = 'type.googleapis.com/envoy';

/** By the short names that `weft ps` and Istio use. */
export const typeUrls = {
  CDS: `${api}.config.cluster.v3.Cluster`,
  EDS: `${api}.config.endpoint.v3.ClusterLoadAssignment`,
  ECDS: `${api}.config.core.v3.TypedExtensionConfig`,
  LDS: `${api}.config.listener.v3.Listener`,
  RDS: `${api}.config.route.v3.RouteConfiguration`,
  VHDS: `${api}.config.route.v3.VirtualHost`,
  SDS: `${api}.extensions.transport_sockets.tls.v3.Secret`,
} as const;

export type ShortType = keyof typeof typeUrls;

const shortNames = new Map<string, ShortType>(Object.entries(typeUrls).map(([short, url]) => [url, short as ShortType]));

/** @returns the URL itself for a type without a short name. */
export const shortType = (typeUrl: string): string => shortNames.get(typeUrl) ?? typeUrl;

/** The extension configuration of all filters that decide about requests by themselves; the others of a proxy ask external authorizers. */
export const decidingPlace = 'authorization.http';

/** A service's port, whole or a subset of it. */
export interface OutboundName {
  readonly port: number;
  readonly host: string;
  readonly subset?: string;
}

/** `outbound|80|v1|reviews.default.svc.cluster.local` */
export const outboundCluster = ({ port, host, subset = '' }: OutboundName): string => `outbound|${port}|${subset}|${host}`;

export const parseOutboundCluster = (name: string): Required<OutboundName> | undefined => {
  const [, port, subset = '', host = ''] = /^outbound\|(\d+)\|([^|]*)\|(.+)$/.exec(name) ?? [];
  return port === undefined ? undefined : { port: Number(port), subset, host };
};

/** SNI of mesh mTLS: `outbound_.80_.v1_.reviews.default.svc.cluster.local`. */
export const outboundSni = ({ port, host, subset = '' }: OutboundName): string => `outbound_.${port}_.${subset}_.${host}`;

/** `inbound|8080||`: the workload's own port. */
export const inboundCluster = (port: number): string => `inbound|${port}||`;

export const passthroughCluster = 'PassthroughCluster';
export const blackHoleCluster = 'BlackHoleCluster';
export const inboundPassthroughCluster = 'InboundPassthroughCluster';
/** The bootstrap's only static cluster: the agent's socket, for ADS and SDS. Istio's agents know it by this name. */
export const agentCluster = 'sds-grpc';

export const virtualOutbound = 'virtualOutbound';
export const virtualInbound = 'virtualInbound';
export const outboundCapturePort = 15001;
export const inboundCapturePort = 15006;

/** Names of the two secrets [S13]. */
export const workloadSecret = 'default';
export const trustSecret = 'ROOTCA';

/** SO_MARK of Envoy's own connections, which capture leaves alone. */
export const socketMark = 0x539;

/** `0.0.0.0_80` */
export const listenerName = (address: string, port: number): string => `${address}_${port}`;
/** A Sidecar's ingress listener with a socket of its own, beside the outbound one of the same place. */
export const inboundName = (listener: string): string => `inbound_${listener}`;
export const virtualHostName = (host: string, port: number): string => `${host}:${port}`;
/** VHDS: `<route configuration>/<virtual host>`. */
export const virtualHostResource = (routeConfiguration: string, virtualHost: string): string => `${routeConfiguration}/${virtualHost}`;
/** Route configuration of a gateway's plain HTTP on a port, as Istio names it; an address of its own is part of the name. */
export const gatewayRoutes = (port: number, bind?: string): string => (bind === undefined ? `http.${port}` : `http.${port}.${bind}`);

/** A server with TLS has routes of its own: `https.443.web.edge.shop`. `gateway` is `namespace/name`. */
export const gatewayTlsRoutes = ({
  port,
  portName,
  gateway,
}: {
  readonly port: number;
  readonly portName: string;
  readonly gateway: string;
}): string => ['https', port, portName, ...gateway.split('/').reverse()].join('.');

/** The SDS name of a Kubernetes Secret, as Istio's gateways ask for it; it lies in the proxy's own namespace. */
export const credentialSecret = (name: string): string => `kubernetes://${name}`;
/** Of its CA: Istio's name where it ends so. Another has one of its own: the Secret may be a server's certificate too, by its name. */
export const authoritySecret = (name: string): string => (name.endsWith('-cacert') ? credentialSecret(name) : `kubernetes-ca://${name}`);
/** Files of the proxy's host that its agent reads and serves, by Istio's names. */
export const fileCertificateSecret = (certificate: string, privateKey: string): string => `file-cert:${certificate}~${privateKey}`;
/** @param revoked a file of certificates that count no more; not one of Istio's names */
export const fileRootSecret = (path: string, revoked = ''): string => `file-root:${path}${revoked && `~${revoked}`}`;

export type FileSecret =
  | { readonly kind: 'certificate'; readonly certificate: string; readonly privateKey: string }
  /** `system`: the host's public roots. */
  | { readonly kind: 'roots'; readonly roots: string; readonly revoked: string };

/** What a name of the two forms above says; `undefined` for others. */
export const parseFileSecret = (name: string): FileSecret | undefined => {
  const [, form, first = '', second = ''] = /^file-(cert|root):([^~]+)(?:~(.+))?$/.exec(name) ?? [];
  if (form === 'root') return { kind: 'roots', roots: first, revoked: second };
  return form === 'cert' && second !== '' ? { kind: 'certificate', certificate: first, privateKey: second } : undefined;
};

/**
 * ALPN tokens as markers [S92, E5]: a server knows mesh TLS by them and negotiates none of them;
 * the HTTP ones also say that HTTP is inside.
 */
export const meshHttpTokens = ['istio-http/1.0', 'istio-http/1.1', 'istio-h2'] as const;
export const meshTcpTokens = ['istio', 'istio-peer-exchange'] as const;
/** What clients offer. */
export const httpToken = 'istio-http/1.1';
export const tcpToken = 'istio';
