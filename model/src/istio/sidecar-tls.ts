/** TLS that a Sidecar's ingress listener would end itself; Istio has it behind a switch that is off (`ENABLE_TLS_ON_SIDECAR_INGRESS`). */
import type { Problem } from '../problem.ts';
import { invalid, unenforced } from '../rule.ts';

export interface IngressTlsSettings {
  readonly mode?: string;
  readonly serverCertificate?: string;
  readonly privateKey?: string;
  readonly caCertificates?: string;
}

/** By Istio's admission; what it would drop in silence (versions, ciphers) is named too. */
const unsupported: Readonly<Record<string, string>> = {
  subjectAltNames: 'Use an AuthorizationPolicy, or remove it.',
  httpsRedirect: 'Remove it; a Gateway redirects.',
  credentialName: 'Name files in `serverCertificate` and `privateKey`.',
  credentialNames: 'Name files in `serverCertificate` and `privateKey`.',
  tlsCertificates: 'Name one pair in `serverCertificate` and `privateKey`.',
  minProtocolVersion: 'Remove it; TLS 1.2 is the least.',
  maxProtocolVersion: 'Remove it.',
  cipherSuites: 'Remove it.',
  verifyCertificateSpki: 'Remove it.',
  verifyCertificateHash: 'Remove it.',
  caCrl: 'Remove it.',
};

const modes = new Set(['SIMPLE', 'MUTUAL', 'OPTIONAL_MUTUAL']);

export function* checkIngressTls(tls: IngressTlsSettings, path: string, protocol: string): Iterable<Problem> {
  const { mode = 'PASSTHROUGH' } = tls;
  for (const [field, help] of Object.entries(unsupported)) {
    const value = (tls as Readonly<Record<string, unknown>>)[field];
    if (value && !(Array.isArray(value) && value.length === 0))
      yield invalid(`${path}.${field}`, `\`${field}\` is not supported in a Sidecar`, help);
  }
  if (!['HTTPS', 'TLS'].includes(protocol.toUpperCase()))
    yield invalid(path, `a port of protocol ${protocol || 'unknown'} has no TLS`, 'Use the protocol HTTPS or TLS.');
  if (!modes.has(mode)) {
    yield invalid(`${path}.mode`, `\`${mode}\` cannot be a Sidecar's mode`, `Write one of ${[...modes].join(', ')}.`);
    return;
  }
  yield unenforced(
    path,
    '`tls` has no effect: the port takes what PeerAuthentication says',
    'Remove it; end TLS at a Gateway, or in the application.',
  );
}
