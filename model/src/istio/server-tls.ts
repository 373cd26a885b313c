/** TLS of a gateway's server: Istio's admission (`validateTLSOptions`), and what Envoy would refuse a whole listener for. */
import { doubtful, type Problem } from '../problem.ts';
import { invalid, unenforced } from '../rule.ts';
import { checkSecretName } from './secret-name.ts';

export type TlsVersionSettings = 'TLS_AUTO' | 'TLSV1_0' | 'TLSV1_1' | 'TLSV1_2' | 'TLSV1_3';

interface CertificateFiles {
  readonly serverCertificate?: string;
  readonly privateKey?: string;
  readonly caCertificates?: string;
}

export interface ServerTlsSettings extends CertificateFiles {
  readonly httpsRedirect?: boolean;
  /** Absent: PASSTHROUGH. */
  readonly mode?: 'PASSTHROUGH' | 'SIMPLE' | 'MUTUAL' | 'AUTO_PASSTHROUGH' | 'ISTIO_MUTUAL' | 'OPTIONAL_MUTUAL';
  readonly credentialName?: string;
  readonly credentialNames?: readonly string[];
  readonly caCertCredentialName?: string;
  readonly caCrl?: string;
  readonly tlsCertificates?: readonly CertificateFiles[];
  readonly subjectAltNames?: readonly string[];
  readonly insecureSkipVerify?: boolean;
  readonly verifyCertificateSpki?: readonly string[];
  readonly verifyCertificateHash?: readonly string[];
  readonly minProtocolVersion?: TlsVersionSettings;
  readonly maxProtocolVersion?: TlsVersionSettings;
  readonly cipherSuites?: readonly string[];
}

/** BoringSSL's, by OpenSSL's names (Istio's `ValidCipherSuites`). */
const ciphers = new Set([
  ...['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-RSA-AES256-GCM-SHA384'],
  ...['ECDHE-ECDSA-CHACHA20-POLY1305', 'ECDHE-RSA-CHACHA20-POLY1305', 'ECDHE-ECDSA-AES128-SHA', 'ECDHE-RSA-AES128-SHA'],
  ...['ECDHE-ECDSA-AES256-SHA', 'ECDHE-RSA-AES256-SHA', 'AES128-GCM-SHA256', 'AES256-GCM-SHA384', 'AES128-SHA', 'AES256-SHA'],
]);

/** Known to the gateway's TLS library, each once: Envoy refuses the listener for any other. */
export const usableCiphers = (suites: readonly string[]): readonly string[] => [...new Set(suites)].filter((suite) => ciphers.has(suite));

const versions: readonly TlsVersionSettings[] = ['TLSV1_0', 'TLSV1_1', 'TLSV1_2', 'TLSV1_3'];

function* checkSuites({ cipherSuites = [] }: ServerTlsSettings, path: string): Iterable<Problem> {
  const seen = new Set<string>();
  for (const [index, suite] of cipherSuites.entries()) {
    const at = `${path}.cipherSuites[${index}]`;
    if (!ciphers.has(suite))
      yield doubtful('IST0133', at, [
        `\`${suite.slice(0, 80)}\` is no cipher suite that can be chosen and is left out`,
        `Write one of ${[...ciphers].join(', ')}; those of TLS 1.3 are always on.`,
      ]);
    else if (seen.has(suite)) yield doubtful('IST0133', at, [`\`${suite}\` stands twice`, 'Remove one of them.']);
    seen.add(suite);
  }
  if (cipherSuites.length > 0 && usableCiphers(cipherSuites).length === 0)
    yield invalid(`${path}.cipherSuites`, 'none of these cipher suites is known', 'Write known ones, or leave the list out.');
}

function* checkVersions(tls: ServerTlsSettings, path: string): Iterable<Problem> {
  const { minProtocolVersion: min = 'TLS_AUTO', maxProtocolVersion: max = 'TLS_AUTO', cipherSuites = [] } = tls;
  const [lowest, highest] = [
    versions.indexOf(min === 'TLS_AUTO' ? 'TLSV1_2' : min),
    versions.indexOf(max === 'TLS_AUTO' ? 'TLSV1_3' : max),
  ];
  if (lowest > highest)
    yield invalid(
      `${path}.maxProtocolVersion`,
      `no version lies between ${versions[lowest]} and ${versions[highest]}`,
      'Raise the maximum.',
    );
  if (lowest < versions.indexOf('TLSV1_2') && cipherSuites.length === 0)
    yield doubtful('IST0133', `${path}.minProtocolVersion`, [
      'versions below TLS 1.2 need cipher suites that are not on by themselves',
      'List `cipherSuites`, or ask for TLSV1_2.',
    ]);
}

/** Hashes as Envoy reads them: `verify_certificate_spki` is base64, `verify_certificate_hash` hexadecimal, with or without colons. */
function* checkHashes(tls: ServerTlsSettings, path: string): Iterable<Problem> {
  for (const [index, hash] of (tls.verifyCertificateSpki ?? []).entries()) {
    if (!/^[A-Za-z0-9+/]{43}=$/.test(hash))
      yield invalid(`${path}.verifyCertificateSpki[${index}]`, 'it is no SHA-256 in base64', 'Write 44 characters that end in `=`.');
  }
  for (const [index, hash] of (tls.verifyCertificateHash ?? []).entries()) {
    if (!/^([0-9a-f]{64}|([0-9a-f]{2}:){31}[0-9a-f]{2})$/i.test(hash))
      yield invalid(
        `${path}.verifyCertificateHash[${index}]`,
        'it is no SHA-256 in hexadecimal',
        'Write 64 digits, with or without colons.',
      );
  }
}

const certificateFields = ['serverCertificate', 'privateKey', 'caCertificates', 'caCrl', 'credentialName', 'caCertCredentialName'] as const;
const certificateLists = ['tlsCertificates', 'credentialNames'] as const;

/** What clients' certificates are looked at for. */
const demands = ['subjectAltNames', 'verifyCertificateSpki', 'verifyCertificateHash'] as const;
const limits = ['minProtocolVersion', 'maxProtocolVersion', 'cipherSuites'] as const;

const certificatesSaid = (tls: ServerTlsSettings): readonly string[] => [
  ...certificateFields.filter((field) => tls[field]),
  ...certificateLists.filter((field) => tls[field]?.length),
];

function* checkSources(tls: ServerTlsSettings, path: string): Iterable<Problem> {
  const sources = [
    ...(tls.serverCertificate && tls.privateKey ? ['serverCertificate'] : []),
    ...(tls.credentialName ? ['credentialName'] : []),
    ...certificateLists.filter((field) => tls[field]?.length),
  ];
  if (sources.length > 1)
    yield invalid(
      path,
      `the certificate is said in several ways: ${sources.map((field) => `\`${field}\``).join(', ')}`,
      'Keep one of them.',
    );
  yield* checkSecretName(tls.credentialName, `${path}.credentialName`, { pair: true });
  for (const [index, name] of (tls.credentialNames ?? []).entries())
    yield* checkSecretName(name, `${path}.credentialNames[${index}]`, { pair: true });
  yield* checkSecretName(tls.caCertCredentialName, `${path}.caCertCredentialName`, { pair: false });
}

/** Files where no Secret is named. */
function* checkFiles(tls: ServerTlsSettings, path: string): Iterable<Problem> {
  const pairs = tls.tlsCertificates?.length
    ? tls.tlsCertificates.map((files, index) => ({ files, at: `${path}.tlsCertificates[${index}]` }))
    : [{ files: tls, at: path }];
  for (const { files, at } of pairs) {
    if (!files.serverCertificate) yield invalid(at, `\`${tls.mode}\` needs a certificate`, 'Add `credentialName`, or `serverCertificate`.');
    if (!files.privateKey) yield invalid(at, `\`${tls.mode}\` needs a private key`, 'Add `credentialName`, or `privateKey`.');
  }
  if (tls.mode !== 'SIMPLE' && !tls.caCertificates)
    yield invalid(path, `\`${tls.mode}\` needs a CA that clients are checked against`, 'Add `credentialName`, or `caCertificates`.');
}

function* checkTermination(tls: ServerTlsSettings, path: string): Iterable<Problem> {
  yield* checkSources(tls, path);
  const fromSecret = Boolean(tls.credentialName || tls.credentialNames?.length);
  if (!fromSecret) yield* checkFiles(tls, path);
  if (tls.caCrl && fromSecret) yield invalid(`${path}.caCrl`, 'with a Secret its own `ca.crl` counts', 'Put the list into the Secret.');
  else if (tls.caCrl && tls.mode === 'SIMPLE')
    yield invalid(`${path}.caCrl`, '`SIMPLE` asks clients for no certificate', 'Remove it, or use `MUTUAL`.');
  if (tls.mode === 'SIMPLE') {
    for (const field of ['caCertificates', 'caCertCredentialName', ...demands] as const) {
      if (tls[field]?.length)
        yield unenforced(`${path}.${field}`, '`SIMPLE` asks clients for no certificate, so nothing of it is checked', 'Use `MUTUAL`.');
    }
  } else if (fromSecret && tls.caCertificates)
    yield doubtful('IST0133', `${path}.caCertificates`, ['with a Secret its own CA counts', 'Put the CA into the Secret.']);
  if (tls.insecureSkipVerify)
    yield doubtful('IST0133', `${path}.insecureSkipVerify`, ['certificates of any CA are taken: anyone can be any client', 'Remove it.']);
}

/** TLS of the mesh: certificates, versions and ciphers are its own. */
function* checkMesh(tls: ServerTlsSettings, path: string): Iterable<Problem> {
  for (const field of certificatesSaid(tls)) {
    if (field === 'caCrl') yield unenforced(`${path}.caCrl`, '`ISTIO_MUTUAL` takes no list of revoked certificates', 'Use `MUTUAL`.');
    else yield invalid(`${path}.${field}`, '`ISTIO_MUTUAL` brings its own certificates', 'Remove it, or use `MUTUAL`.');
  }
  for (const field of limits) {
    if (tls[field]?.length)
      yield doubtful('IST0133', `${path}.${field}`, ['it has no effect: `ISTIO_MUTUAL` brings its own', 'Remove it, or use `MUTUAL`.']);
  }
}

/** TLS that stays closed. */
function* checkPassedOn(tls: ServerTlsSettings, path: string): Iterable<Problem> {
  const { mode = 'PASSTHROUGH' } = tls;
  for (const field of certificatesSaid(tls))
    yield doubtful('IST0133', `${path}.${field}`, [
      `\`${mode}\` uses no certificate, so it is ignored${tls.mode === undefined ? '; without `mode` TLS passes unopened' : ''}`,
      'Remove it, or write `mode: SIMPLE`.',
    ]);
  for (const field of [...demands, ...limits].filter((one) => tls[one]?.length))
    yield doubtful('IST0133', `${path}.${field}`, [`\`${mode}\` does not open TLS, so it is ignored`, 'Remove it, or let TLS end here.']);
}

export function* checkServerTls(tls: ServerTlsSettings, path: string): Iterable<Problem> {
  const { mode = 'PASSTHROUGH' } = tls;
  yield* checkSuites(tls, path);
  yield* checkVersions(tls, path);
  yield* checkHashes(tls, path);
  if (mode === 'ISTIO_MUTUAL') yield* checkMesh(tls, path);
  else if (mode === 'PASSTHROUGH' || mode === 'AUTO_PASSTHROUGH') yield* checkPassedOn(tls, path);
  else yield* checkTermination(tls, path);
}
