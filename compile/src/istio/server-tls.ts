import { bareSecretName, type ServerTlsSettings, type TlsVersionSettings, usableCiphers } from '@weft/model';
import type { ServerAuthority, ServerCertificate, ServerTls, TlsVersion } from '../mesh/index.ts';

/** Secrets beat files; of several ways to say files the list. */
const certificatesOf = (tls: ServerTlsSettings): readonly ServerCertificate[] => {
  const secrets = tls.credentialNames?.length ? tls.credentialNames : tls.credentialName ? [tls.credentialName] : [];
  if (secrets.length > 0) return secrets.map((name) => ({ kind: 'secret', name: bareSecretName(name) }));
  return (tls.tlsCertificates?.length ? tls.tlsCertificates : [tls]).map(({ serverCertificate = '', privateKey = '' }) => ({
    kind: 'file',
    certificate: serverCertificate,
    privateKey,
  }));
};

/** The CA of the first Secret's own `-cacert`, unless one is named (Istio's `ApplyCredentialSDSToServerCommonTLSContext`). */
const authorityOf = (tls: ServerTlsSettings): ServerAuthority | undefined => {
  const [first] = certificatesOf(tls);
  if (first?.kind === 'secret')
    return { kind: 'secret', name: tls.caCertCredentialName ? bareSecretName(tls.caCertCredentialName) : `${first.name}-cacert` };
  return tls.caCertificates ? { kind: 'file', path: tls.caCertificates } : undefined;
};

const versionOf = (version: TlsVersionSettings = 'TLS_AUTO'): TlsVersion | undefined => (version === 'TLS_AUTO' ? undefined : version);

/** Absent: TLS does not end here. */
export const serverTlsOf = (tls: ServerTlsSettings): ServerTls | undefined => {
  const { mode } = tls;
  if (mode === undefined || mode === 'PASSTHROUGH' || mode === 'AUTO_PASSTHROUGH') return undefined;
  const ofMesh = mode === 'ISTIO_MUTUAL';
  const authority = ofMesh || mode === 'SIMPLE' ? undefined : authorityOf(tls);
  const [min, max] = ofMesh ? [] : [versionOf(tls.minProtocolVersion), versionOf(tls.maxProtocolVersion)];
  return {
    mode,
    certificates: ofMesh ? [] : certificatesOf(tls),
    ...(authority && { authority }),
    ...(tls.caCrl && { revoked: tls.caCrl }),
    subjectAltNames: tls.subjectAltNames ?? [],
    spki: tls.verifyCertificateSpki ?? [],
    hashes: tls.verifyCertificateHash ?? [],
    skipVerify: tls.insecureSkipVerify ?? false,
    ...(min && { minVersion: min }),
    ...(max && { maxVersion: max }),
    cipherSuites: ofMesh ? [] : usableCiphers(tls.cipherSuites ?? []),
  };
};
