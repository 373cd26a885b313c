/** TLS contexts: the mesh's own (identities by SDS, ALPN as a marker only) and those that a DestinationRule asks for. */
import { create, type Init, trustSecret, typed, workloadSecret } from '@weft/envoy';
import { RawBufferSchema } from '@weft/envoy/gen/envoy/extensions/transport_sockets/raw_buffer/v3/raw_buffer_pb.js';
import {
  SubjectAltNameMatcher_SanType,
  TlsParameters_TlsProtocol,
  TlsParametersSchema,
} from '@weft/envoy/gen/envoy/extensions/transport_sockets/tls/v3/common_pb.js';
import { SdsSecretConfigSchema } from '@weft/envoy/gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js';
import {
  CommonTlsContextSchema,
  DownstreamTlsContextSchema,
  UpstreamTlsContextSchema,
} from '@weft/envoy/gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.js';
import { type ClientTls, isAddress } from '../mesh/index.ts';
import { fileCertificate, fileRoots, type SecretSource, secretRoots, secretSource } from './secret-sources.ts';
import { fromAgent } from './sources.ts';

type CommonTls = Init<typeof CommonTlsContextSchema>;
type Parameters = Init<typeof TlsParametersSchema>;

/** The maximum has to be said: Envoy's client side stops at 1.2 by default [E4]. */
const versions: Parameters = {
  tlsMinimumProtocolVersion: TlsParameters_TlsProtocol.TLSv1_2,
  tlsMaximumProtocolVersion: TlsParameters_TlsProtocol.TLSv1_3,
};

const clientParameters = create(TlsParametersSchema, versions);

/** For TLS 1.2, which only others' sidecars speak [S97]. */
const serverCiphers = [
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
];

/** What the server's side of mesh TLS takes. */
export const meshParameters: Parameters = { ...versions, cipherSuites: serverCiphers };

export const identity = create(SdsSecretConfigSchema, { name: workloadSecret, sdsConfig: fromAgent });
/** The agent serves it with the SPIFFE validator, which ties each trust domain to its own roots [E2]. */
export const trust = create(SdsSecretConfigSchema, { name: trustSecret, sdsConfig: fromAgent });

export const tlsSocket = 'envoy.transport_sockets.tls';

export const plaintext = typed('envoy.transport_sockets.raw_buffer', RawBufferSchema, {});

/** Sessions are not resumed: a resumed one would skip the check of the peer's certificate. */
export const unresumed: Init<typeof DownstreamTlsContextSchema> = {
  sessionTicketKeysType: { case: 'disableStatelessSessionResumption', value: true },
  disableStatefulSessionResumption: true,
};

/** The server's side of mesh TLS. It names no ALPN, so it negotiates none: tokens only choose the filter chain [E5]. */
export const meshServer = typed(tlsSocket, DownstreamTlsContextSchema, {
  commonTlsContext: {
    tlsParams: meshParameters,
    tlsCertificateSdsSecretConfigs: [identity],
    validationContextType: { case: 'validationContextSdsSecretConfig', value: trust },
  },
  requireClientCertificate: true,
  ...unresumed,
});

const nameMatcher = (sanType: SubjectAltNameMatcher_SanType, value: string) => ({
  sanType,
  matcher: { matchPattern: { case: 'exact' as const, value } },
});

const uriMatcher = (uri: string) => nameMatcher(SubjectAltNameMatcher_SanType.URI, uri);

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
      tlsParams: clientParameters,
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

/** The form of a name says what kind it is. */
export const nameMatchers = (names: readonly string[]) =>
  names.map((name) => {
    if (name.includes('://')) return uriMatcher(name);
    if (isAddress(name)) return nameMatcher(SubjectAltNameMatcher_SanType.IP_ADDRESS, name);
    return nameMatcher(name.includes('@') ? SubjectAltNameMatcher_SanType.EMAIL : SubjectAltNameMatcher_SanType.DNS, name);
  });

/** Without verification only where that was asked for by name; a missing CA means the public roots [S77]. */
const validation = (tls: ClientTls): NonNullable<CommonTls['validationContextType']> => {
  const { credentialName, caCertificates = 'system', caCrl, subjectAltNames = [] } = tls;
  if (tls.insecureSkipVerify) return { case: undefined };
  return {
    case: 'combinedValidationContext',
    value: {
      defaultValidationContext: { matchTypedSubjectAltNames: nameMatchers(subjectAltNames) },
      validationContextSdsSecretConfig: credentialName ? secretRoots(credentialName) : fileRoots(caCertificates, caCrl),
    },
  };
};

const ownCertificates = ({ mode, credentialName, clientCertificate = '', privateKey = '' }: ClientTls): SecretSource[] => {
  if (mode !== 'MUTUAL') return [];
  return [credentialName ? secretSource(credentialName) : fileCertificate(clientCertificate, privateKey)];
};

/** TLS as a DestinationRule's SIMPLE or MUTUAL describes it. */
export const ownClient = (tls: ClientTls, alpn: readonly string[]) => {
  const common = create(CommonTlsContextSchema, {
    tlsParams: clientParameters,
    alpnProtocols: [...alpn],
    tlsCertificateSdsSecretConfigs: ownCertificates(tls),
    validationContextType: validation(tls),
  });
  return typed(tlsSocket, UpstreamTlsContextSchema, { sni: tls.sni ?? '', commonTlsContext: common });
};
