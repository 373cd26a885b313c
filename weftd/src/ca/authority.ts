/**
 * The root and the intermediate that signs. Each lives in one file with its key, so that a crash
 * between key and certificate cannot exist: a file is there whole or is made anew.
 *
 *   root.pem          key and certificate, 10 years; signs intermediates only
 *   intermediate.pem  key, its certificate, then those that came before it, as long as they are valid
 */
import { type webcrypto, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { openKeyDirectory, readKeyFile, writeKeyFile } from './directory.ts';
import { keyFromPem, keyToPem, makeKeys, makeSerial, pemBlocks, signingAlgorithm, x509 } from './x509.ts';

const day = 86_400_000;
const rootLife = 3650 * day;
const intermediateLife = 365 * day;
/** A new intermediate from here on: SPIRE prepares at T/2; leafs live for a day, so T/3 leaves months. */
const renewBefore = intermediateLife / 3;
const backdate = 120_000;

export interface Issuer {
  readonly certificate: x509.X509Certificate;
  readonly pem: string;
  readonly key: webcrypto.CryptoKey;
}

export interface Authority {
  /** Roots of our trust domain, PEM; a list so that a rotation adds one before it takes one away. */
  roots(): readonly string[];
  /** Every certificate that may have issued a leaf that is still valid, newest first. */
  issuers(): readonly X509Certificate[];
  current(): Issuer;
  /** Makes the next intermediate when the time has come; cheap otherwise. */
  maintain(): Promise<void>;
}

export interface AuthorityInput {
  readonly directory: string;
  readonly trustDomain: string;
  readonly now: () => number;
  readonly random: (size: number) => Uint8Array;
}

export const openAuthority = async (input: AuthorityInput): Promise<Authority> => {
  const { directory, trustDomain, now } = input;
  await openKeyDirectory(directory);
  const root = (await load(join(directory, 'root.pem')))?.issuer ?? (await makeRoot(input));
  checkRoot(root, { trustDomain, now: now() });
  const path = join(directory, 'intermediate.pem');
  let signing = await load(path);
  const maintain = async (): Promise<void> => {
    const time = now();
    if (signing && signing.issuer.certificate.notAfter.getTime() - time > renewBefore && issuedBy(signing.issuer, root)) return;
    const earlier = (signing ? [signing.issuer.pem, ...signing.earlier] : []).filter(
      (pem) => new X509Certificate(pem).validToDate.getTime() > time,
    );
    signing = { issuer: await makeIntermediate(input, root), earlier };
    await save(path, signing);
  };
  await maintain();
  const held = (): Held => signing as Held;
  return {
    roots: () => [root.pem],
    issuers: () => [held().issuer.pem, ...held().earlier].map((pem) => new X509Certificate(pem)),
    current: () => held().issuer,
    maintain,
  };
};

interface Held {
  readonly issuer: Issuer;
  readonly earlier: readonly string[];
}

const load = async (path: string): Promise<Held | undefined> => {
  const text = await readKeyFile(path);
  if (text === undefined) return undefined;
  const [key] = pemBlocks(text, 'PRIVATE KEY');
  const [pem, ...earlier] = pemBlocks(text, 'CERTIFICATE');
  if (!key || !pem)
    throw new Error(`${path} holds no key and certificate; restore it from a backup, or remove the directory to start a new CA`);
  try {
    return { issuer: { certificate: new x509.X509Certificate(pem), pem, key: await keyFromPem(key) }, earlier };
  } catch (cause) {
    throw new Error(`${path} is damaged`, { cause });
  }
};

const save = async (path: string, { issuer, earlier }: Held): Promise<void> =>
  writeKeyFile(path, `${[await keyToPem(issuer.key), issuer.pem, ...earlier].join('\n')}\n`);

const issuedBy = (leaf: Issuer, root: Issuer): boolean => {
  const parent = new X509Certificate(root.pem);
  return new X509Certificate(leaf.pem).checkIssued(parent) && new X509Certificate(leaf.pem).verify(parent.publicKey);
};

const checkRoot = (root: Issuer, { trustDomain, now }: { trustDomain: string; now: number }): void => {
  const names = new X509Certificate(root.pem).subjectAltName;
  if (names !== `URI:spiffe://${trustDomain}`) throw new Error(`the CA's root is for ${names}, but the trust domain is ${trustDomain}`);
  if (root.certificate.notAfter.getTime() <= now) throw new Error(`the CA's root expired on ${root.certificate.notAfter.toISOString()}`);
};

const makeRoot = async (input: AuthorityInput): Promise<Issuer> => {
  const keys = await makeKeys();
  const name = `CN=Weft root, O=${input.trustDomain}`;
  const root = await signCa(input, {
    name,
    keys,
    issuer: { name, key: keys.privateKey, publicKey: keys.publicKey },
    life: rootLife,
    pathLength: 1,
  });
  await save(join(input.directory, 'root.pem'), { issuer: root, earlier: [] });
  return root;
};

const makeIntermediate = async (input: AuthorityInput, root: Issuer): Promise<Issuer> => {
  const keys = await makeKeys();
  const issuer = { name: root.certificate.subjectName, key: root.key, publicKey: await root.certificate.publicKey.export() };
  const life = Math.min(intermediateLife, root.certificate.notAfter.getTime() - input.now());
  return signCa(input, { name: `CN=Weft intermediate, O=${input.trustDomain}`, keys, issuer, life, pathLength: 0 });
};

interface CaRequest {
  readonly name: string;
  readonly keys: webcrypto.CryptoKeyPair;
  readonly issuer: { readonly name: string | x509.Name; readonly key: webcrypto.CryptoKey; readonly publicKey: webcrypto.CryptoKey };
  readonly life: number;
  readonly pathLength: number;
}

const signCa = async (
  { trustDomain, now, random }: AuthorityInput,
  { name, keys, issuer, life, pathLength }: CaRequest,
): Promise<Issuer> => {
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: makeSerial(random),
    subject: name,
    issuer: issuer.name,
    notBefore: new Date(now() - backdate),
    notAfter: new Date(now() + life),
    publicKey: keys.publicKey,
    signingKey: issuer.key,
    signingAlgorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, pathLength, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      // SPIFFE X509-SVID 4.1: a signing certificate's identity is its trust domain, without a path.
      new x509.SubjectAlternativeNameExtension([{ type: 'url', value: `spiffe://${trustDomain}` }]),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  return { certificate, pem: certificate.toString('pem'), key: keys.privateKey };
};
