/** How a cluster's connections are secured [S4, S76, S77, S93-S96], and what they begin with. */
import { httpToken, type Init, outboundSni, tcpToken, typed } from '@weft/envoy';
import type { ClusterSchema } from '@weft/envoy/gen/envoy/config/cluster/v3/cluster_pb.js';
import { ProxyProtocolConfig_Version } from '@weft/envoy/gen/envoy/config/core/v3/proxy_protocol_pb.js';
import { ProxyProtocolUpstreamTransportSchema } from '@weft/envoy/gen/envoy/extensions/transport_sockets/proxy_protocol/v3/upstream_proxy_protocol_pb.js';
import { type ClientTls, isHttp, type Protocol, type TrafficPolicy } from '../mesh/index.ts';
import type { Target } from './clusters.ts';
import { meshTls, peers } from './endpoints.ts';
import { meshClient, ownClient, plaintext } from './tls.ts';

type ClusterInit = Init<typeof ClusterSchema>;
type Sockets = Pick<ClusterInit, 'transportSocket' | 'transportSocketMatches'>;
type Socket = NonNullable<ClusterInit['transportSocket']>;

/** HTTP is told from bytes by the token; a sniffed port's TCP chain says its own for each connection (`asTcp`). */
const tokenOf = (protocol: Protocol): string => (isHttp(protocol) || protocol === 'auto' ? httpToken : tcpToken);

/** The same accounts under the mesh's other names (Istio's `ExpandWithTrustDomains`). */
const withAliases = (identities: readonly string[], aliases: readonly string[] = []): readonly string[] => [
  ...new Set(
    identities.flatMap((identity) => [identity, ...aliases.map((alias) => identity.replace(/^spiffe:\/\/[^/]+/, `spiffe://${alias}`))]),
  ),
];

const meshSocket = ({ service, port, subset, endpoints, policy, standing }: Target) => {
  const name = { port: port.number, host: service.hostname, ...(subset && { subset: subset.name }) };
  const { sni, subjectAltNames } = policy.tls ?? {};
  return meshClient({
    sni: sni || outboundSni(name),
    token: tokenOf(port.protocol),
    identities: subjectAltNames?.length ? subjectAltNames : withAliases(peers(endpoints).identities, standing.origin.aliases),
  });
};

/** A ServiceEntry's names for its server count where the rule has none. */
const expected = (tls: ClientTls, { subjectAltNames }: Target['service']): ClientTls =>
  tls.subjectAltNames || !subjectAltNames?.length ? tls : { ...tls, subjectAltNames };

/** The PROXY header comes before everything else, TLS included. */
const withHeader = (transportSocket: Socket, { proxyProtocol }: TrafficPolicy): Socket =>
  proxyProtocol === undefined
    ? transportSocket
    : typed('envoy.transport_sockets.upstream_proxy_protocol', ProxyProtocolUpstreamTransportSchema, {
        config: { version: ProxyProtocolConfig_Version[proxyProtocol] },
        transportSocket,
      });

/** By endpoint where there is a choice, for the whole cluster where there is none [S93-S95]. */
const automaticTls = (target: Target): Sockets => {
  const { policy, service, endpoints, resolution } = target;
  if (service.meshExternal) return allPlain(policy);
  if (resolution === 'original-dst')
    return peers(endpoints).allMesh ? { transportSocket: withHeader(meshSocket(target), policy) } : allPlain(policy);
  return {
    transportSocketMatches: [
      { name: 'tlsMode-istio', match: meshTls, transportSocket: withHeader(meshSocket(target), policy) },
      { name: 'tlsMode-disabled', match: {}, transportSocket: withHeader(plaintext, policy) },
    ],
  };
};

/** Plaintext is what Envoy does unasked. */
const allPlain = (policy: TrafficPolicy): Sockets => (policy.proxyProtocol ? { transportSocket: withHeader(plaintext, policy) } : {});

export const transport = (target: Target, version: string): Sockets => {
  const { policy, service } = target;
  const { tls } = policy;
  if (!tls) return automaticTls(target);
  switch (tls.mode) {
    case 'DISABLE':
      return allPlain(policy);
    case 'ISTIO_MUTUAL':
      return { transportSocket: withHeader(meshSocket(target), policy) };
    case 'SIMPLE':
    case 'MUTUAL':
      if (tls.credentialName && !target.credentialed) return {};
      return { transportSocket: withHeader(ownClient(expected(tls, service), version === 'http2' ? ['h2'] : []), policy) };
  }
};

interface HostSays {
  readonly autoSni: boolean;
  readonly autoSanValidation: boolean;
}

/**
 * What the request's host says about the server: its name in TLS, and in its certificate unless somebody says another [S77]. Where
 * the host alone decides who is called, the certificate must have its name in any case (Istio's `setAutoSniAndAutoSanValidation`).
 */
export const fromHost = ({ policy: { tls }, resolution }: Target): HostSays => {
  if (tls?.mode !== 'SIMPLE' && tls?.mode !== 'MUTUAL') return { autoSni: false, autoSanValidation: false };
  const isNamed = Boolean(tls.sni || tls.subjectAltNames) && resolution !== 'dns-dynamic';
  return { autoSni: !tls.sni, autoSanValidation: !isNamed && !tls.insecureSkipVerify };
};
