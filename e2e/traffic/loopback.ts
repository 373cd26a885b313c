/**
 * One Envoy on loopback as client and server at once, configured by `emit`: no capture, so listeners are bound where clients dial,
 * the inbound one at 127.0.0.2, and inbound clusters name the application at 127.0.0.1; secrets come from files.
 */
import { webcrypto } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { emit, staticBootstrap, type View } from '@weft/compile';
import { fileRootSecret, type JsonObject, type JsonValue } from '@weft/envoy';
import { attestedName } from '@weft/model';
import { spawnEnvoy } from '../envoy.ts';

export const identity = 'spiffe://cluster.local/ns/shop/sa/web';
/** What its certificate says of the workload. */
const workload = { workload: 'web-1', app: 'web', version: 'v2', cluster: 'Kubernetes' };

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const keys = () => webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);

const pem = async (key: webcrypto.CryptoKey): Promise<string> =>
  x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');

export interface Peer {
  readonly cert: string;
  readonly key: string;
}

/** A root, and whomever it vouches for. */
const makeRoots = async () => {
  const rootKeys = await keys();
  const dates = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) };
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=root',
    keys: rootKeys,
    signingAlgorithm: algorithm,
    ...dates,
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true), new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign)],
  });
  const issue = async (uri: string, name?: string): Promise<Peer> => {
    const leafKeys = await keys();
    const leaf = await x509.X509CertificateGenerator.create({
      subject: '',
      issuer: root.subject,
      publicKey: leafKeys.publicKey,
      signingKey: rootKeys.privateKey,
      signingAlgorithm: algorithm,
      ...dates,
      extensions: [
        new x509.SubjectAlternativeNameExtension(
          [{ type: 'url', value: uri }, ...(name ? [{ type: 'dns' as const, value: name }] : [])],
          true,
        ),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature),
      ],
    });
    return { cert: leaf.toString('pem'), key: await pem(leafKeys.privateKey) };
  };
  return { root: root.toString('pem'), issue };
};

const secretType = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret';

export interface Secrets {
  readonly root: string;
  readonly leaf: string;
  readonly key: string;
}

export const writeSecrets = async (folder: string, { root, leaf, key }: Secrets): Promise<void> => {
  const text = (value: string) => ({ inline_string: value });
  const spiffe = {
    name: 'envoy.tls.cert_validator.spiffe',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.SPIFFECertValidatorConfig',
      trust_domains: [{ name: 'cluster.local', trust_bundle: text(root) }],
    },
  };
  const own = { '@type': secretType, name: 'default', tls_certificate: { certificate_chain: text(leaf), private_key: text(key) } };
  const trust = { '@type': secretType, name: 'ROOTCA', validation_context: { custom_validator_config: spiffe } };
  await writeFile(join(folder, 'default.json'), JSON.stringify({ resources: [own] }));
  await writeFile(join(folder, 'ROOTCA.json'), JSON.stringify({ resources: [trust] }));
};

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Secrets by file instead of by the agent's socket. */
export const fromFiles = (value: JsonValue, folder: string): JsonValue => {
  if (Array.isArray(value)) return value.map((item) => fromFiles(item, folder));
  if (!isObject(value)) return value;
  if ('sds_config' in value && isObject(value))
    return { ...value, sds_config: { resource_api_version: 'V3', path_config_source: { path: join(folder, `${value.name}.json`) } } };
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, fromFiles(child, folder)]));
};

export const at = (address: string, port: number): JsonObject => ({ socket_address: { address, port_value: port } });

const bound = (listener: JsonObject, ports: readonly number[]): JsonObject[] => {
  const { bind_to_port: _bind, use_original_dst: _original, ...rest } = listener;
  if (listener.name === 'virtualOutbound') return [];
  if (listener.name !== 'virtualInbound') return [rest];
  const filters = (rest.listener_filters as JsonObject[]).filter(({ name }) => name !== 'envoy.filters.listener.original_dst');
  const [first = 0, ...others] = ports;
  return [
    {
      ...rest,
      listener_filters: filters,
      address: at('127.0.0.2', first),
      additional_addresses: others.map((port) => ({ address: at('127.0.0.2', port) })),
    },
  ];
};

const toApplication = (cluster: JsonObject): JsonObject => {
  const [, port] = /^inbound\|(\d+)\|\|$/.exec(String(cluster.name)) ?? [];
  // A Sidecar's own endpoint stays.
  if (port === undefined || cluster.type !== 'ORIGINAL_DST') return cluster;
  const { type: _type, lb_policy: _policy, ...rest } = cluster;
  const endpoint = { endpoint: { address: at('127.0.0.1', Number(port)) } };
  return { ...rest, load_assignment: { cluster_name: String(cluster.name), endpoints: [{ lb_endpoints: [endpoint] }] } };
};

const onLoopback = (bootstrap: JsonObject, folder: string, ports: readonly number[]): JsonValue => {
  const { clusters, listeners } = bootstrap.static_resources as { clusters: JsonObject[]; listeners: JsonObject[] };
  const replaced = {
    ...bootstrap,
    admin: { address: { pipe: { path: join(folder, 'admin.sock') } } },
    static_resources: {
      clusters: clusters.filter(({ name }) => name !== 'sds-grpc').map(toApplication),
      listeners: listeners.flatMap((listener) => bound(listener, ports)),
    },
  };
  return fromFiles(replaced, folder);
};

/** Answers HTTP with the headers it got, anything else with itself in brackets. */
export const application = async (): Promise<{ readonly server: Server; readonly port: number }> => {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.on('data', (data) => {
      const text = data.toString('latin1');
      if (!/^(GET|POST) /.test(text)) return void socket.write(`[${text}]`);
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${data.length}\r\n\r\n${text}`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return { server, port: address.port };
};

export interface Running {
  /** Where it runs: its admin socket and its records lie there. */
  readonly folder: string;
  /** A certificate that it trusts. */
  issue(uri: string): Promise<Peer>;
  /** Its access logs so far. */
  accessLog(): string;
  stop(): Promise<void>;
}

export interface RunOptions {
  /** What the host's public roots shall be. */
  readonly roots?: string;
  /** What a test needs otherwise: limits that are reached, and times that pass, within seconds. */
  readonly amended?: (bootstrap: JsonValue) => JsonValue;
}

/**
 * @returns when Envoy listens; throws with its log when it does not within a minute
 */
export const run = async (view: View, listening: number, { roots = '', amended = (own) => own }: RunOptions = {}): Promise<Running> => {
  const folder = await mkdtemp(join(tmpdir(), 'weft-traffic-'));
  const { root, issue } = await makeRoots();
  const { cert, key } = await issue(identity, attestedName(workload));
  await writeSecrets(folder, { root, leaf: cert, key });
  const trusted = { '@type': secretType, name: fileRootSecret('system'), validation_context: { trusted_ca: { inline_string: roots } } };
  if (roots) await writeFile(join(folder, `${trusted.name}.json`), JSON.stringify({ resources: [trusted] }));
  const ports = view.inbound.ports.map(({ port }) => port);
  const envoy = await spawnEnvoy(folder, amended(onLoopback(staticBootstrap(emit(view)), folder, ports)), { level: 'warn' });
  const stop = async () => {
    await envoy.kill();
    await rm(folder, { recursive: true, force: true });
  };
  for (let tries = 0; tries < 600; tries += 1) {
    if (envoy.hasEnded()) break;
    if (await accepts('127.0.0.1', listening)) return { folder, accessLog: envoy.accessLog, stop, issue };
    await sleep(100);
  }
  await stop();
  throw new Error(`Envoy does not listen: ${envoy.log()}`);
};

const accepts = async (host: string, port: number): Promise<boolean> =>
  (await exchange(host, port, '').catch(() => undefined)) !== undefined;

/** Sends text and gives what came back until it was complete, the peer closed, or 20 s were over; rejects when the connection is refused or reset. */
export const exchange = (host: string, port: number, text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, host);
    let received = '';
    const finish = () => {
      socket.destroy();
      resolve(received);
    };
    socket.on('connect', () => (text === '' ? finish() : socket.write(text)));
    socket.on('data', (data) => {
      received += data.toString('latin1');
      if (/\]$|\r\n\r\n/.test(received)) setTimeout(finish, 150);
    });
    socket.on('end', finish);
    socket.on('error', reject);
    socket.setTimeout(20_000, finish);
  });
