/** What is said of a Secret against what the real Envoy does with it: neither a refusal nor a certificate that it would take. */
import { execFile } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { lapses, parse } from '@weft/model';
import { certificateReader } from '@weft/model/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { findEnvoy } from '../../agent/src/envoy-binary.ts';
import { type Leaf, makeRoot, type Root } from './certificates.ts';

const run = promisify(execFile);
let folder = '';
let envoy = '';
let root: Root;
let leaf: Leaf;
let rsa: Leaf;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weft-secrets-'));
  envoy = await findEnvoy({ env: process.env, userHome: homedir(), log: () => {} });
  root = await makeRoot('root');
  [leaf, rsa] = [await root.issue('a.example'), await root.issue('a.example', { kind: 'rsa' })];
}, 120_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

const findings = (stringData: object, more: object = {}) =>
  parse({
    text: stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: 'edge' }, stringData, ...more }),
    file: 's.yaml',
    origin: { source: 'file' },
    certificates: certificateReader,
  });

const inline = (text: string) => ({ inline_string: text });

const listening = (certificate: string, key: string) => ({
  name: 'l',
  address: { socket_address: { address: '127.0.0.1', port_value: 1 } },
  filter_chains: [
    {
      filters: [
        {
          name: 'envoy.filters.network.tcp_proxy',
          typed_config: {
            '@type': 'type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy',
            stat_prefix: 't',
            cluster: 'c',
          },
        },
      ],
      transport_socket: {
        name: 'envoy.transport_sockets.tls',
        typed_config: {
          '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext',
          common_tls_context: { tls_certificates: [{ certificate_chain: inline(certificate), private_key: inline(key) }] },
        },
      },
    },
  ],
});

const isTaken = async (name: string, { certificate, key }: Leaf): Promise<boolean> => {
  const file = join(folder, `${name.replaceAll(' ', '-')}.json`);
  const config = {
    static_resources: { listeners: [listening(certificate, key)], clusters: [{ name: 'c', type: 'STATIC', connect_timeout: '1s' }] },
  };
  await writeFile(file, JSON.stringify(config));
  return run(envoy, ['--mode', 'validate', '-c', file, '-l', 'error'], { timeout: 30_000 }).then(
    () => true,
    () => false,
  );
};

/** The same key in another form. */
const written = (key: string, type: 'sec1' | 'pkcs1', password?: string): string =>
  String(
    createPrivateKey(key).export({ format: 'pem', type, ...(password !== undefined && { cipher: 'aes-128-cbc', passphrase: password }) }),
  );

/** In SEC 1 without the public half, which RFC 5915 leaves to the writer. */
const halved = (key: string): string => {
  const secret = Buffer.from(createPrivateKey(key).export({ format: 'jwk' }).d ?? '', 'base64url');
  const p256 = Buffer.from('a00a06082a8648ce3d030107', 'hex');
  const content = Buffer.concat([Buffer.from([2, 1, 1, 4, secret.length]), secret, p256]);
  const der = Buffer.concat([Buffer.from([0x30, content.length]), content]);
  return `-----BEGIN EC PRIVATE KEY-----\n${der.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END EC PRIVATE KEY-----\n`;
};

/** What `openssl ecparam -genkey` writes in front of a key. */
const parameters = '-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n';

const empty = `-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n`;

const pairs: Readonly<Record<string, () => Leaf | Promise<Leaf>>> = {
  'an elliptic key': () => leaf,
  'an RSA key': () => rsa,
  'a chain': () => ({ ...leaf, certificate: `${leaf.certificate}\n${root.certificate}` }),
  'a chain on one line': () => ({ ...leaf, certificate: leaf.certificate + root.certificate }),
  'text around the blocks': () => ({ certificate: `subject=a\n${leaf.certificate}\nbye\n`, key: `# mine\n${leaf.key}` }),
  'lines of Windows': () => ({ certificate: leaf.certificate.replaceAll('\n', '\r\n'), key: leaf.key.replaceAll('\n', '\r\n') }),
  'a key in SEC 1': () => ({ ...leaf, key: written(leaf.key, 'sec1') }),
  'a key without its public half': () => ({ ...leaf, key: halved(leaf.key) }),
  'a key with its parameters': () => ({ ...leaf, key: `${parameters}${written(leaf.key, 'sec1')}` }),
  'P-384': () => root.issue('a.example', { curve: 'P-384' }),
  'P-521': () => root.issue('a.example', { curve: 'P-521' }),
  Ed25519: () => root.issue('a.example', { kind: 'ed25519' }),
  'a key in PKCS 1': () => ({ ...rsa, key: written(rsa.key, 'pkcs1') }),
  'the day has passed': () => root.issue('a.example', { days: -1 }),
  'the key of another': async () => ({ ...leaf, key: (await root.issue('a.example')).key }),
  'keys and certificates in one': () => ({ certificate: `${leaf.key}\n${leaf.certificate}`, key: `${leaf.certificate}\n${leaf.key}` }),
  'another key first': () => ({ ...leaf, key: `${rsa.key}\n${leaf.key}` }),
  'another kind of key': () => ({ ...leaf, key: rsa.key }),
  'the chain turned round': () => ({ ...leaf, certificate: `${root.certificate}\n${leaf.certificate}` }),
  'a key with a password': () => ({ ...leaf, key: written(leaf.key, 'sec1', 'x') }),
  'no key': () => ({ ...leaf, key: leaf.certificate }),
  'no PEM': () => ({ certificate: 'hello', key: 'hello' }),
  'nothing in the block': () => ({ ...leaf, certificate: empty }),
  'a damaged block': () => ({ ...leaf, certificate: leaf.certificate.replace(/[A-Za-z0-9]{40}\n/, '\n') }),
  'an RSA key of 1024 bits': () => root.issue('a.example', { kind: 'rsa', bits: 1024 }),
};

describe.concurrent('a Secret is refused exactly where Envoy would refuse it', { timeout: 60_000 }, () => {
  test.each(Object.entries(pairs))('%s', async (name, make) => {
    const pair = await make();
    const { resources, findings: told } = findings({ 'tls.crt': pair.certificate, 'tls.key': pair.key }, { type: 'kubernetes.io/tls' });
    expect(resources.length > 0, JSON.stringify(told)).toBe(await isTaken(name, pair));
  });
});

describe('findings', () => {
  test('never say what is in a Secret', () => {
    const secret = 'topsecretvalue';
    const forms: readonly object[] = [
      { stringData: { 'tls.crt': secret, 'tls.key': secret } },
      { data: { 'tls.key': { nested: secret } } },
      { data: { 'tls.key': `${secret}!` } },
      { data: [secret] },
      { stringData: { cert: leaf.certificate, key: `${secret}\n${leaf.key.slice(0, 80)}` } },
    ];
    for (const form of forms) {
      const { findings: told } = findings({}, form);
      expect(told.length).toBeGreaterThan(0);
      expect(JSON.stringify(told)).not.toContain(secret);
    }
  });

  test('a CA and its list of revoked certificates are looked at too', () => {
    expect(findings({ 'ca.crt': root.certificate }).findings).toEqual([]);
    expect(findings({ 'ca.crt': root.certificate, 'ca.crl': root.revoked }).findings).toEqual([]);
    const wrong = findings({ 'ca.crt': leaf.key, 'ca.crl': 'none' }).findings;
    expect(wrong.map(({ code, path }) => `${code} ${path}`)).toEqual(['WEFT0022 stringData["ca.crt"]', 'WEFT0022 stringData["ca.crl"]']);
  });

  test('one without a certificate, one without half of it, one that lapsed', async () => {
    expect(findings({ password: 'x' }).findings.map(({ code, severity }) => `${severity} ${code}`)).toEqual(['info WEFT0101']);
    const half = findings({ 'tls.crt': leaf.certificate }, { type: 'kubernetes.io/tls' }).findings;
    expect(half.map(({ code }) => code)).toEqual(['WEFT0020']);
    const old = await root.issue('a.example', { days: -1 });
    const spec = { stringData: { 'tls.crt': old.certificate, 'tls.key': old.key } };
    expect(lapses(spec, Date.now(), certificateReader).map(({ code, severity }) => `${severity} ${code}`)).toEqual(['warning WEFT0023']);
    expect(lapses({ stringData: { 'tls.crt': leaf.certificate, 'tls.key': leaf.key } }, Date.now(), certificateReader)).toEqual([]);
  });
});
