/** TLS contexts: the mesh's own (identities by SDS, ALPN as a marker only) and those that a DestinationRule asks for. */
import { create, type Init, trustSecret, typed, workloadSecret } from '@weft/envoy';
import type { DataSourceSchema } from '@weft/envoy/gen/envoy/config/core/v3/base_pb.js';
import { RawBufferSchema } from '@weft/envoy/gen/envoy/extensions/transport_sockets/raw_buffer/v3/raw_buffer_pb.js';
import {
  type CertificateValidationContextSchema,
  SubjectAltNameMatcher_SanType,
  TlsParameters_TlsProtocol,
  type TlsParametersSchema,
} from '@weft/envoy/gen/envoy/extensions/transport_sockets/tls/v3/common_pb.js';
import type { SdsSecretConfigSchema } from '@weft/envoy/gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js';
import {
  CommonTlsContextSchema,
  DownstreamTlsContextSchema,
  UpstreamTlsContextSchema,
} from '@weft/envoy/gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.js';
import type { ClientTls } from '../mesh/index.ts';
import { fromAgent } from './sources.ts';

type Parameters = Init<typeof TlsParametersSchema>;
type Secret = Init<typeof SdsSecretConfigSchema>;

/** The maximum has to be said: Envoy's client side stops at 1.2 by default [E4]. */
const versions: Parameters = {
  tlsMinimumProtocolVersion: TlsParameters_TlsProtocol.TLSv1_2,
  tlsMaximumProtocolVersion: TlsParameters_TlsProtocol.TLSv1_3,
};

/** For TLS 1.2, which only others' sidecars speak [S97]. */
const serverCiphers = [
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
];

/** What the server's side of mesh TLS takes. */
export const meshParameters: Parameters = { ...versions, cipherSuites: serverCiphers };

export const identity: Secret = { name: workloadSecret, sdsConfig: fromAgent };
/** The agent serves it with the SPIFFE validator, which ties each trust domain to its own roots [E2]. */
export const trust: Secret = { name: trustSecret, sdsConfig: fromAgent };

export const tlsSocket = 'envoy.transport_sockets.tls';

export const plaintext = typed('envoy.transport_sockets.raw_buffer', RawBufferSchema, {});

/**
 * The server's side of mesh TLS. It names no ALPN, so it negotiates none: tokens only choose the filter chain [E5].
 * Sessions are not resumed: a resumed one would skip the check of the peer's certificate.
 */
export const meshServer = typed(tlsSocket, DownstreamTlsContextSchema, {
  commonTlsContext: {
    tlsParams: meshParameters,
    tlsCertificateSdsSecretConfigs: [identity],
    validationContextType: { case: 'validationContextSdsSecretConfig', value: trust },
  },
  requireClientCertificate: true,
  sessionTicketKeysType: { case: 'disableStatelessSessionResumption', value: true },
  disableStatefulSessionResumption: true,
});

const uriMatcher = (uri: string) => ({
  sanType: SubjectAltNameMatcher_SanType.URI,
  matcher: { matchPattern: { case: 'exact' as const, value: uri } },
});

export interface MeshClient {
  readonly sni: string;
  /** The marker that the server's chains go by. */
  readonly token: string;
  /** SPIFFE ids that the server may have; empty: any of the mesh. */
  readonly identities: readonly string[];
}

export const meshClient = ({ sni, token, identities }: MeshClient) =>
  typed(tlsSocket, UpstreamTlsContextSchema, {
    sni,
    maxSessionKeys: 0,
    commonTlsContext: {
      tlsParams: versions,
      alpnProtocols: [token],
      tlsCertificateSdsSecretConfigs: [identity],
      validationContextType: {
        case: 'combinedValidationContext',
        value: {
          defaultValidationContext: { matchTypedSubjectAltNames: identities.map(uriMatcher) },
          validationContextSdsSecretConfig: trust,
        },
      },
    },
  });

const file = (filename: string): Init<typeof DataSourceSchema> => ({ specifier: { case: 'filename', value: filename } });

/** Where Debian, Ubuntu, Alpine and Envoy's own images keep the public roots. */
const systemRoots = '/etc/ssl/certs/ca-certificates.crt';

export const nameMatchers = (names: readonly string[]) =>
  names.flatMap((name) =>
    name.includes('://')
      ? [uriMatcher(name)]
      : [{ sanType: SubjectAltNameMatcher_SanType.DNS, matcher: { matchPattern: { case: 'exact' as const, value: name } } }],
  );

/** Without verification only where that was asked for by name; a missing CA means the public roots [S77]. */
const validation = (tls: ClientTls): Init<typeof CertificateValidationContextSchema> | undefined =>
  tls.insecureSkipVerify
    ? undefined
    : { trustedCa: file(tls.caCertificates ?? systemRoots), matchTypedSubjectAltNames: nameMatchers(tls.subjectAltNames ?? []) };

/** TLS as a DestinationRule's SIMPLE or MUTUAL describes it. */
export const ownClient = (tls: ClientTls, alpn: readonly string[]) => {
  const checks = validation(tls);
  const common = create(CommonTlsContextSchema, {
    tlsParams: versions,
    alpnProtocols: [...alpn],
    tlsCertificates:
      tls.mode === 'MUTUAL' ? [{ certificateChain: file(tls.clientCertificate ?? ''), privateKey: file(tls.privateKey ?? '') }] : [],
    validationContextType: checks ? { case: 'validationContext', value: checks } : { case: undefined },
  });
  return typed(tlsSocket, UpstreamTlsContextSchema, { sni: tls.sni ?? '', commonTlsContext: common });
};
