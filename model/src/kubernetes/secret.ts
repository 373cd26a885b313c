/** Secrets with certificates for gateways; findings never say what is in one. */
import type { CertificateReader } from '../certificate/reader.ts';
import { type Flaw, flawOfAuthority, flawOfPair, isRevocationList, readCertificates } from '../certificate/usable.ts';
import { doubtful, type Problem, wrong } from '../problem.ts';
import type { Metadata } from '../resource.ts';
import { broken, ineffective } from '../rule.ts';
import { asciiOf, fromBase64 } from '../text/base64.ts';
import { childPath } from '../yaml/json.ts';

export interface SecretSpec {
  readonly type?: string;
  /** Base64. */
  readonly data?: Readonly<Record<string, string>>;
  /** Plain; beats `data`. */
  readonly stringData?: Readonly<Record<string, string>>;
  readonly immutable?: boolean;
}

/** Where a Secret keeps its certificate: Istio's own names before Kubernetes' (Istio's `ExtractCertInfo` and `ExtractRoot`). */
const pairs = [
  ['cert', 'key'],
  ['tls.crt', 'tls.key'],
] as const;
const authorities = [
  ['cacert', 'crl'],
  ['ca.crt', 'ca.crl'],
] as const;

/** A value as text; undefined where there is none, or none that could be PEM. */
export const secretText = ({ data = {}, stringData = {} }: SecretSpec, key: string): string | undefined => {
  const plain = Object.hasOwn(stringData, key) ? stringData[key] : undefined;
  if (plain !== undefined) return plain === '' ? undefined : plain;
  const bytes = Object.hasOwn(data, key) ? fromBase64(data[key] ?? '') : undefined;
  return bytes && bytes.length > 0 ? asciiOf(bytes) : undefined;
};

const whereIs = ({ stringData = {} }: SecretSpec, key: string): string =>
  childPath(Object.hasOwn(stringData, key) ? 'stringData' : 'data', key);

export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

export interface Authority {
  readonly certificates: string;
  readonly revoked?: string;
}

const namesOfPair = (spec: SecretSpec) => pairs.find((names) => names.every((name) => secretText(spec, name) !== undefined));
const namesOfAuthority = (spec: SecretSpec) => authorities.find(([name]) => secretText(spec, name) !== undefined);

/** The server's certificate that a Secret holds; `parse` takes none that is not usable. */
export const keyPairOf = (spec: SecretSpec): KeyPair | undefined => {
  const [certificate, key] = (namesOfPair(spec) ?? []).map((name) => secretText(spec, name));
  return certificate === undefined || key === undefined ? undefined : { certificate, key };
};

/** The CA that clients are checked against; `parse` takes none that is not usable. */
export const authorityOf = (spec: SecretSpec): Authority | undefined => {
  const names = namesOfAuthority(spec);
  const certificates = names && secretText(spec, names[0]);
  if (names === undefined || certificates === undefined) return undefined;
  const revoked = secretText(spec, names[1]);
  return { certificates, ...(revoked !== undefined && { revoked }) };
};

const told = (spec: SecretSpec, key: string, { message, help }: Omit<Flaw, 'part'>): Problem =>
  wrong('WEFT0022', whereIs(spec, key), [`\`${key}\`: ${message}`, help]);

function* checkPair(spec: SecretSpec, reader: CertificateReader): Iterable<Problem> {
  const names = namesOfPair(spec);
  if (!names) return;
  const [certificate = '', key = ''] = names.map((name) => secretText(spec, name));
  const flaw = flawOfPair(certificate, key, reader);
  if (flaw) yield told(spec, flaw.part === 'key' ? names[1] : names[0], flaw);
}

function* checkAuthority(spec: SecretSpec, reader: CertificateReader): Iterable<Problem> {
  const names = namesOfAuthority(spec);
  if (!names) return;
  const [name, list] = names;
  const flaw = flawOfAuthority(secretText(spec, name) ?? '', reader);
  if (flaw) yield told(spec, name, flaw);
  const revoked = secretText(spec, list);
  if (revoked !== undefined && !isRevocationList(revoked, reader))
    yield told(spec, list, { message: 'it is no list of revoked certificates', help: 'Write it in PEM (`X509 CRL`).' });
}

const isCertificate = (spec: SecretSpec): boolean => namesOfPair(spec) !== undefined || namesOfAuthority(spec) !== undefined;

export function* checkSecret(spec: SecretSpec, _: Metadata, reader: CertificateReader): Iterable<Problem> {
  for (const [key, value] of Object.entries(spec.data ?? {})) {
    if (fromBase64(value) === undefined)
      yield broken(childPath('data', key), `\`${key.slice(0, 80)}\` is no base64`, 'Encode it, or write it under `stringData`.');
  }
  if (spec.type === 'kubernetes.io/tls') {
    for (const key of ['tls.crt', 'tls.key']) {
      if (secretText(spec, key) === undefined)
        yield broken('data', `a Secret of type kubernetes.io/tls needs \`${key}\``, `Add \`${key}\`, in PEM.`);
    }
  } else if (!isCertificate(spec)) {
    yield {
      ...doubtful('WEFT0101', '', [
        'the Secret holds no certificate: only AlertRoutes and the mesh’s settings read something else from Secrets',
        'For a gateway, write `tls.crt` and `tls.key`; give containers their settings by `env`.',
      ]),
      severity: 'info',
    };
  }
  yield* checkPair(spec, reader);
  yield* checkAuthority(spec, reader);
  if (secretText(spec, 'tls.ocsp-staple') !== undefined || Object.hasOwn(spec.data ?? {}, 'tls.ocsp-staple'))
    yield ineffective(whereIs(spec, 'tls.ocsp-staple'), '`tls.ocsp-staple` has no effect yet: nothing is stapled', 'Remove it.');
}

/** What a clock says about the certificates of a Secret: Envoy serves them, clients refuse them. */
export const lapses = (spec: SecretSpec, now: number, reader: CertificateReader): readonly Problem[] =>
  [namesOfPair(spec)?.[0], namesOfAuthority(spec)?.[0]].flatMap((name) => {
    const certificates = name === undefined ? '' : readCertificates(secretText(spec, name) ?? '', reader);
    if (name === undefined || typeof certificates === 'string') return [];
    const lapsed = certificates.find(({ notBefore, notAfter }) => now < notBefore || now > notAfter);
    if (!lapsed) return [];
    const when = now > lapsed.notAfter ? `expired on ${dayOf(lapsed.notAfter)}` : `is valid from ${dayOf(lapsed.notBefore)} on`;
    return [
      doubtful('WEFT0023', whereIs(spec, name), [`\`${name}\`: a certificate ${when}: it is served, and refused by clients`, 'Renew it.']),
    ];
  });

const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10);

/** When the first of the Secret's certificates ends, in Unix milliseconds; undefined: it holds none. */
export const expiryOf = (spec: SecretSpec, reader: CertificateReader): number | undefined => {
  const ends = [namesOfPair(spec)?.[0], namesOfAuthority(spec)?.[0]].flatMap((name) => {
    const certificates = name === undefined ? '' : readCertificates(secretText(spec, name) ?? '', reader);
    return typeof certificates === 'string' ? [] : certificates.map(({ notAfter }) => notAfter);
  });
  return ends.length === 0 ? undefined : Math.min(...ends);
};
