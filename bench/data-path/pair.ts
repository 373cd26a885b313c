/** A caller's Envoy and a server's, before one application: as Weft configures them, or with the least that serves. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { bootstrap, type Encoded, type JsonObject, type ResourceSet, typeUrls } from '@weft/envoy';
import type { Proxy } from '@weft/model';
import { secretsOf } from '../../agent/src/relay/secrets.ts';
import { freePort } from '../../e2e/port.ts';
import type { Root } from '../../e2e/traffic/certificates.ts';
import { control } from '../../e2e/traffic/control.ts';
import type { Behind } from './application.ts';
import { type MeasuredEnvoy, startEnvoy } from './envoy.ts';
import { minimalClient, minimalServer } from './minimal.ts';
import { callers, type Ports } from './places.ts';
import { front, toldBy, webAt } from './resources.ts';

export interface Pair {
  readonly ports: Ports;
  readonly client: MeasuredEnvoy;
  readonly server: MeasuredEnvoy;
  stop(): Promise<void>;
}

export interface Scene {
  readonly folder: string;
  readonly root: Root;
  readonly behind: Behind;
  /** Where its server is, which no other pair's is. */
  readonly server: string;
}

const onProxies = { processor: 0 } as const;

const identityOf = ({ serviceAccount, namespace }: Proxy): string => `spiffe://cluster.local/ns/${namespace}/sa/${serviceAccount}`;

const certificateOf = (proxy: Proxy, { root }: Scene) => root.issue(proxy.serviceAccount, { uris: [identityOf(proxy)] });

/** As an agent gives them. */
const secretsFor = async (proxy: Proxy, scene: Scene): Promise<ReadonlyMap<string, Encoded>> => {
  const { certificate: chain, key } = await certificateOf(proxy, scene);
  const trusted = { trustDomain: 'cluster.local', pem: scene.root.certificate };
  return secretsOf({ key, chain, bundles: { ...trusted, domains: [trusted] }, spiffeId: '', serial: '', issuedAt: 0, notAfter: 0 });
};

const bootstrapOf = ({ name, namespace, serviceAccount, labels, network, addresses, dnsDomain }: Proxy, folder: string): JsonObject => {
  const node = { role: 'sidecar', address: addresses[0] ?? '', name, namespace, dnsDomain } as const;
  const workload = { name, namespace, serviceAccount, labels, addresses, network, workload: serviceAccount };
  const metadata = { ...workload, clusterId: 'Kubernetes', meshId: '', istioVersion: '1.29.0' };
  return bootstrap({ node, metadata, agentSocket: join(folder, 'xds.sock'), adminSocket: join(folder, 'admin.sock') });
};

interface Sidecar {
  readonly proxy: Proxy;
  readonly resources: ResourceSet;
  readonly listening: readonly { readonly address: string; readonly port: number }[];
}

/** Over xDS, as in a mesh: policies are resources of their own there. */
const startSidecar = async ({ proxy, resources, listening }: Sidecar, scene: Scene) => {
  const folder = join(scene.folder, proxy.name);
  mkdirSync(folder);
  const plane = await control(join(folder, 'xds.sock'), new Map([...resources, [typeUrls.SDS, await secretsFor(proxy, scene)]]));
  const envoy = await startEnvoy({ name: proxy.name, folder, bootstrap: bootstrapOf(proxy, folder), ...onProxies, listening });
  if (plane.refusals.length > 0) throw new Error(plane.refusals.join('\n'));
  const stop = async () => {
    await envoy.stop();
    plane.stop();
  };
  return { ...envoy, stop };
};

const listeningOf = ({ http, http2, httpTarget, http2Target }: Ports, server: string) => ({
  client: [http, http2].map((port) => ({ address: callers, port })),
  server: [httpTarget, http2Target].map((port) => ({ address: server, port })),
});

const pairOf = (ports: Ports, client: MeasuredEnvoy, serving: MeasuredEnvoy): Pair => ({
  ...{ ports, client, server: serving },
  stop: async () => {
    await client.stop();
    await serving.stop();
  },
});

export const weftPair = async (manifests: (ports: Ports) => string, scene: Scene): Promise<Pair> => {
  // The application is where the connection was going, on the workload's own loopback.
  const ports = { http: await freePort(), http2: await freePort(), ...scene.behind };
  const web = webAt(scene.server);
  const told = toldBy(manifests(ports), ports, web);
  const listening = listeningOf(ports, scene.server);
  const serving = await startSidecar({ proxy: web, resources: told.server, listening: listening.server }, scene);
  return pairOf(ports, await startSidecar({ proxy: front, resources: told.client, listening: listening.client }, scene), serving);
};

export const minimalPair = async (scene: Scene): Promise<Pair> => {
  const { folder, root, server } = scene;
  const ports = { http: await freePort(), http2: await freePort(), httpTarget: await freePort(), http2Target: await freePort() };
  const listening = listeningOf(ports, server);
  const own = async (proxy: Proxy) => ({ root: root.certificate, ...(await certificateOf(proxy, scene)) });
  const serverBootstrap = minimalServer(ports, await own(webAt(server)), { server, behind: scene.behind });
  const clientBootstrap = minimalClient(ports, await own(front), server);
  const serving = await startEnvoy({
    name: 'minimal-server',
    folder,
    bootstrap: serverBootstrap,
    ...onProxies,
    listening: listening.server,
  });
  const client = await startEnvoy({
    name: 'minimal-client',
    folder,
    bootstrap: clientBootstrap,
    ...onProxies,
    listening: listening.client,
  });
  return pairOf(ports, client, serving);
};
