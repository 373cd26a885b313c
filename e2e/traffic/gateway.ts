/** Manifests on one real Envoy that is a gateway on loopback, and clients that speak TLS to it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { build, emit, scope, type View } from '@weft/compile';
import { bootstrap, type ResourceSet, typeUrls } from '@weft/envoy';
import { type Finding, meshSettings, type Proxy, parse } from '@weft/model';
import { certificateReader } from '@weft/model/node';
import { secretsOf } from '../../agent/src/relay/secrets.ts';
import { type EnvoyProcess, spawnEnvoy } from '../envoy.ts';
import { makeRoot, type Root } from './certificates.ts';
import { control } from './control.ts';

const proxy: Proxy = {
  id: 'router~127.0.0.1~gw-1.edge~edge.svc.cluster.local',
  role: 'gateway',
  name: 'gw-1',
  namespace: 'edge',
  serviceAccount: 'gw',
  labels: { istio: 'gw' },
  addresses: ['127.0.0.1'],
  cluster: 'Kubernetes',
  network: '',
  locality: { region: '', zone: '', subzone: '' },
  dnsDomain: 'edge.svc.cluster.local',
};

/** A Gateway on that proxy which serves plain HTTP on loopback. */
export const httpGateway = (metadata: { readonly name: string; readonly namespace: string }, port: number) => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'Gateway',
  metadata,
  spec: {
    selector: { istio: 'gw' },
    servers: [{ port: { number: port, name: 'http', protocol: 'HTTP' }, bind: '127.0.0.1', hosts: ['*'] }],
  },
});

export interface Compiled {
  readonly view: View;
  readonly resources: ResourceSet;
  readonly findings: readonly Finding[];
}

/** The identity that its agent would give it. */
export const withIdentity = async (resources: ResourceSet, root: Root): Promise<ResourceSet> => {
  const { certificate: chain, key } = await root.issue('gw');
  const trusted = { trustDomain: 'cluster.local', pem: root.certificate };
  const bundles = { ...trusted, domains: [trusted] };
  const own = secretsOf({ key, chain, bundles, spiffeId: '', serial: '', issuedAt: 0, notAfter: 0 });
  return new Map([...resources, [typeUrls.SDS, new Map([...(resources.get(typeUrls.SDS) ?? []), ...own])]]);
};

/** What the gateway `gw` of namespace `edge` is told. */
export const compiled = (text: string, labels: Proxy['labels'] = {}): Compiled => {
  const parsed = parse({ text, file: 'gateway.yaml', origin: { source: 'file' }, certificates: certificateReader });
  const built = build({ resources: parsed.resources, pods: [], settings: meshSettings(parsed.resources) });
  const view = scope(built.mesh, { ...proxy, labels: { ...proxy.labels, ...labels } });
  return { view, resources: emit(view), findings: [...parsed.findings, ...built.findings] };
};

export interface GatewayEnvoy {
  /**
   * @param labels that it has then, beside its own
   * @returns what is wrong with them
   */
  set(text: string, labels?: Proxy['labels']): readonly Finding[];
  readonly refusals: readonly string[];
  /** Socket of Envoy's admin. */
  readonly admin: string;
  /** What its log has of refusals so far. */
  told(): string;
  stop(): Promise<void>;
}

export const adminSocket = (folder: string): string => join(folder, 'admin.sock');
export const xdsSocket = (folder: string): string => join(folder, 'xds.sock');

/** The gateway's Envoy, which asks for everything at the folder's xDS socket. */
export const spawnGateway = (
  folder: string,
  labels: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): Promise<EnvoyProcess> => {
  const { name, namespace, serviceAccount, network } = proxy;
  const node = { role: 'router', address: '127.0.0.1', name, namespace, dnsDomain: proxy.dnsDomain } as const;
  const pod = { name, namespace, serviceAccount, labels, addresses: ['127.0.0.1'], network, workload: 'gw' };
  const metadata = { ...pod, clusterId: 'Kubernetes', meshId: '', istioVersion: '1.29.0' };
  return spawnEnvoy(folder, bootstrap({ node, metadata, agentSocket: xdsSocket(folder), adminSocket: adminSocket(folder) }), { args });
};

/** @param mesh who signs identities; absent: somebody whom nobody knows */
export const startGateway = async (text: string, mesh?: Root): Promise<GatewayEnvoy> => {
  const folder = await mkdtemp(join(tmpdir(), 'weft-gateway-'));
  const first = await withIdentity(compiled(text).resources, mesh ?? (await makeRoot('mesh')));
  const identity = [...(first.get(typeUrls.SDS) ?? [])].filter(([name]) => !name.includes('://'));
  const plane = await control(xdsSocket(folder), first);
  const envoy = await spawnGateway(folder, proxy.labels);
  return {
    refusals: plane.refusals,
    admin: adminSocket(folder),
    told: envoy.accessLog,
    set: (next, labels) => {
      const { resources, findings } = compiled(next, labels);
      plane.set(new Map([...resources, [typeUrls.SDS, new Map([...(resources.get(typeUrls.SDS) ?? []), ...identity])]]));
      return findings;
    },
    stop: async () => {
      await envoy.kill();
      plane.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
};

export interface Secured {
  /** Common name of the certificate that was shown. */
  readonly name: string;
  readonly protocol: string;
  readonly alpn: string;
  /** The first line of the answer to an HTTP request, or what came back. */
  readonly answer: string;
}

export const secure = (options: ConnectionOptions): Promise<TLSSocket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['http/1.1'], ...options }, () =>
      resolve(socket),
    );
    socket.setTimeout(20_000, () => socket.destroy(new Error('no answer within twenty seconds')));
    socket.once('error', reject);
  });

/** Says something and gives what comes back until it is quiet. */
export const say = (socket: TLSSocket, text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    socket.once('data', (data) => resolve(data.toString('latin1')));
    socket.once('end', () => reject(new Error('closed')));
    socket.once('error', reject);
    socket.write(text);
  });

/** One HTTPS request; rejects where the connection is refused. */
export const ask = async (options: ConnectionOptions, host = options.servername ?? ''): Promise<Secured> => {
  const socket = await secure(options);
  try {
    const answer = await say(socket, `GET / HTTP/1.1\r\nhost: ${host}\r\n\r\n`);
    const { subject } = socket.getPeerCertificate();
    return {
      name: String(subject?.CN ?? ''),
      protocol: socket.getProtocol() ?? '',
      alpn: String(socket.alpnProtocol || ''),
      answer: answer.split('\r\n')[0] ?? '',
    };
  } finally {
    socket.destroy();
  }
};

/** Until it is so, or a minute has passed. */
export const eventually = async <T>(probe: () => Promise<T>, wanted: (value: T) => boolean): Promise<T> => {
  let last: unknown;
  for (const end = Date.now() + 60_000; Date.now() < end; ) {
    try {
      const value = await probe();
      if (wanted(value)) return value;
      last = JSON.stringify(value);
    } catch (error) {
      last = error;
    }
    await sleep(50);
  }
  throw new Error(`not within a minute: ${last}`);
};
