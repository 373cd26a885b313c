/** TLS that ends at a gateway [S119]: the certificate by name, so that a changed Secret changes no listener. */
import { create, type Init, typed } from '@weft/envoy';
import {
  CertificateValidationContext_TrustChainVerification,
  type CertificateValidationContextSchema,
  TlsParameters_TlsProtocol,
  type TlsParametersSchema,
} from '@weft/envoy/gen/envoy/extensions/transport_sockets/tls/v3/common_pb.js';
import type { SdsSecretConfig } from '@weft/envoy/gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js';
import { CommonTlsContextSchema, DownstreamTlsContextSchema } from '@weft/envoy/gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.js';
import type { ServerAuthority, ServerCertificate, ServerTls, TlsVersion } from '../mesh/index.ts';
import { authoritySource, fileCertificate, fileRoots, type SecretSource, secretSource } from './secret-sources.ts';
import { identity, meshParameters, nameMatchers, tlsSocket, trust, unresumed } from './tls.ts';

type CommonTls = Init<typeof CommonTlsContextSchema>;

const certificateSource = (certificate: ServerCertificate): SecretSource =>
  certificate.kind === 'secret' ? secretSource(certificate.name) : fileCertificate(certificate.certificate, certificate.privateKey);

const rootsOf = (authority: ServerAuthority, revoked?: string): SecretSource =>
  authority.kind === 'secret' ? authoritySource(authority.name) : fileRoots(authority.path, revoked);

const versions: Readonly<Record<TlsVersion, TlsParameters_TlsProtocol>> = {
  TLSV1_0: TlsParameters_TlsProtocol.TLSv1_0,
  TLSV1_1: TlsParameters_TlsProtocol.TLSv1_1,
  TLSV1_2: TlsParameters_TlsProtocol.TLSv1_2,
  TLSV1_3: TlsParameters_TlsProtocol.TLSv1_3,
};

const parameters = ({ minVersion = 'TLSV1_2', maxVersion = 'TLSV1_3', cipherSuites }: ServerTls): Init<typeof TlsParametersSchema> => ({
  tlsMinimumProtocolVersion: versions[minVersion],
  tlsMaximumProtocolVersion: versions[maxVersion],
  cipherSuites: [...cipherSuites],
});

/** What of the client's certificate is looked at beside its chain. */
const demands = ({ subjectAltNames, spki, hashes, skipVerify }: ServerTls): Init<typeof CertificateValidationContextSchema> => ({
  matchTypedSubjectAltNames: nameMatchers(subjectAltNames),
  verifyCertificateSpki: [...spki],
  verifyCertificateHash: [...hashes],
  ...(skipVerify && { trustChainVerification: CertificateValidationContext_TrustChainVerification.ACCEPT_UNTRUSTED }),
});

const checked = (tls: ServerTls, roots: SecretSource | SdsSecretConfig): NonNullable<CommonTls['validationContextType']> => ({
  case: 'combinedValidationContext',
  value: { defaultValidationContext: demands(tls), validationContextSdsSecretConfig: roots },
});

/** Identities of the mesh; ALPN names nothing, as at sidecars [E5]. */
const ofMesh = (tls: ServerTls) =>
  typed(tlsSocket, DownstreamTlsContextSchema, {
    commonTlsContext: create(CommonTlsContextSchema, {
      tlsParams: meshParameters,
      tlsCertificateSdsSecretConfigs: [identity],
      validationContextType: checked(tls, trust),
    }),
    requireClientCertificate: true,
    ...unresumed,
  });

/** @param alpn what is served inside; empty: nothing that has a name */
export const serverTls = (tls: ServerTls, alpn: readonly string[]) => {
  if (tls.mode === 'ISTIO_MUTUAL') return ofMesh(tls);
  return typed(tlsSocket, DownstreamTlsContextSchema, {
    commonTlsContext: create(CommonTlsContextSchema, {
      tlsParams: parameters(tls),
      alpnProtocols: [...alpn],
      tlsCertificateSdsSecretConfigs: tls.certificates.map(certificateSource),
      validationContextType: tls.authority ? checked(tls, rootsOf(tls.authority, tls.revoked)) : { case: undefined },
    }),
    requireClientCertificate: tls.mode === 'MUTUAL',
    ...(tls.authority && unresumed),
  });
};
