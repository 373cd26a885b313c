/** A server of streams behind a sidecar and behind a gateway, each a real Envoy whose policies change as in a mesh, and its clients. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { createServer as createHttp2, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, emit, scope } from '@weft/compile';
import { type ResourceSet, typeUrls } from '@weft/envoy';
import { meshSettings, type Proxy, parse } from '@weft/model';
import { stringify } from 'yaml';
import { narrowings } from '../../weftd/src/desired/narrowing.ts';
import { freePort } from '../port.ts';
import { makeRoot } from '../traffic/certificates.ts';
import { control } from '../traffic/control.ts';
import { adminSocket, eventually, httpGateway, spawnGateway, withIdentity, xdsSocket } from '../traffic/gateway.ts';
import { tickMs } from './stream-clients.ts';

const listen = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
};

/** Something every 50 ms for as long as it is heard. */
const tick = (stream: { write(text: string): unknown; once(event: 'close', listener: () => void): unknown }): void => {
  const timer = setInterval(() => stream.write('tick\n'), tickMs);
  stream.once('close', () => clearInterval(timer));
};

/** Over HTTP/1.1: `/download`, `/socket` for WebSockets, and a short answer to everything else; gRPC, `/grpc/stream`, on a port of its own. */
const application = async () => {
  const web = createServer({ keepAliveTimeout: 60_000 }, (asked, response) => {
    asked.resume();
    if (asked.url === '/download') tick(response.writeHead(200, { 'content-type': 'text/plain' }));
    else response.end('served');
  });
  web.on('upgrade', (_, socket) => {
    socket.on('error', () => socket.destroy());
    socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n');
    tick(socket);
  });
  const grpc = createHttp2();
  grpc.on('stream', (stream: ServerHttp2Stream, { ':path': path }) => {
    stream.on('error', () => stream.destroy());
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
    if (path === '/grpc/stream') tick(stream);
    else stream.end('served');
  });
  const ports = { web: await listen(web), grpc: await listen(grpc) };
  const stop = () => {
    web.closeAllConnections();
    web.close();
    grpc.close();
  };
  return { ports, stop };
};

type Ports = Awaited<ReturnType<typeof application>>['ports'];

interface Frame {
  readonly proxy: Proxy;
  readonly host: string;
  /** Where clients dial. */
  readonly ports: Ports;
  readonly objects: readonly object[];
}

const identity = { cluster: 'Kubernetes', network: '', locality: { region: '', zone: '', subzone: '' } };
const proxyOf = (role: Proxy['role'], namespace: string, more: Pick<Proxy, 'name' | 'labels' | 'addresses'>): Proxy => ({
  ...{ ...identity, ...more, role, namespace, id: more.name, serviceAccount: 'default', dnsDomain: `${namespace}.svc.cluster.local` },
});

/** The instance that the proxy is of. */
const instance = ({ name, namespace, labels, addresses }: Proxy): object => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'WorkloadEntry',
  metadata: { name, namespace },
  spec: { address: addresses[0], labels },
});

const sidecarFrame = async (app: Ports): Promise<Frame> => {
  const proxy = proxyOf('sidecar', 'shop', { name: 'web-1', labels: { app: 'web' }, addresses: ['127.0.0.2'] });
  const ports = { web: await freePort(), grpc: await freePort() };
  const ingress = (['web', 'grpc'] as const).map((name) => ({
    port: { number: ports[name], name, protocol: name === 'web' ? 'HTTP' : 'GRPC' },
    captureMode: 'NONE',
    defaultEndpoint: `127.0.0.1:${app[name]}`,
  }));
  const sidecar = {
    apiVersion: 'networking.istio.io/v1',
    kind: 'Sidecar',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { ingress },
  };
  return { proxy, host: '127.0.0.2', ports, objects: [sidecar, instance(proxy)] };
};

const gatewayFrame = async (app: Ports): Promise<Frame> => {
  const proxy = proxyOf('gateway', 'edge', { name: 'gw-1', labels: { istio: 'gw' }, addresses: ['127.0.0.1'] });
  const port = await freePort();
  const metadata = { name: 'edge', namespace: 'edge' };
  const networking = { apiVersion: 'networking.istio.io/v1', metadata };
  const to = (number: number) => [{ destination: { host: 'app.example', port: { number } } }];
  const service = {
    ...{ ...networking, kind: 'ServiceEntry' },
    spec: {
      ...{ hosts: ['app.example'], location: 'MESH_EXTERNAL', resolution: 'STATIC' },
      ports: [
        { number: 80, name: 'web', protocol: 'HTTP' },
        { number: 81, name: 'grpc', protocol: 'GRPC' },
      ],
      endpoints: [{ address: '127.0.0.1', ports: app }],
    },
  };
  const http = [{ match: [{ uri: { prefix: '/grpc' } }], route: to(81) }, { route: to(80) }];
  const routes = { ...networking, kind: 'VirtualService', spec: { hosts: ['*'], gateways: ['edge'], http } };
  return {
    proxy,
    host: '127.0.0.1',
    ports: { web: port, grpc: port },
    objects: [httpGateway(metadata, port), service, routes, instance(proxy)],
  };
};

export interface StreamPlace {
  readonly namespace: string;
  readonly host: string;
  readonly ports: Ports;
  /** What holds from now on, as weftd would tell it. */
  change(...policies: readonly object[]): void;
  /** Of Envoy's own statistics. */
  counter(name: string): Promise<number>;
  readonly refusals: readonly string[];
  stop(): Promise<void>;
}

const isFree = ([name]: readonly [string, unknown]): boolean => name !== 'virtualInbound' && name !== 'virtualOutbound';

/** There is no capture: what is bound is what a Sidecar binds. */
const uncaptured = (resources: ResourceSet): ResourceSet =>
  new Map([...resources, [typeUrls.LDS, new Map([...(resources.get(typeUrls.LDS) ?? [])].filter(isFree))]]);

/** From objects to resources, with a memory of what held before. */
const compiler = ({ proxy, objects }: Frame): ((policies: readonly object[]) => ResourceSet) => {
  const known = narrowings({ narrowed: () => new Map(), keep: () => {}, settle: () => {} });
  return (policies) => {
    const text = [...objects, ...policies].map((object) => stringify(object)).join('---\n');
    const { resources, findings } = parse({ text, file: 'streams.yaml', origin: { source: 'file' } });
    const mistakes = findings.filter(({ severity }) => severity === 'error');
    if (mistakes.length > 0) throw new Error(JSON.stringify(mistakes));
    const snapshot = { resources, pods: [], settings: meshSettings(resources) };
    known.take(build(snapshot).mesh);
    return uncaptured(emit(scope(build({ ...snapshot, narrowed: known.narrowed() }).mesh, proxy)));
  };
};

const answerOf = (options: object): Promise<{ readonly status: number; readonly text: string }> =>
  new Promise((resolve, reject) => {
    const sent = request({ ...options, agent: false }, (response) => {
      let text = '';
      response.on('data', (data) => {
        text += data;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    sent.on('error', reject);
    sent.end();
  });

/** @param drain seconds */
export const startPlace = async (where: 'sidecar' | 'gateway', drain: number): Promise<StreamPlace> => {
  const app = await application();
  const frame = await (where === 'sidecar' ? sidecarFrame(app.ports) : gatewayFrame(app.ports));
  const { proxy, host, ports } = frame;
  const compiled = compiler(frame);
  const folder = await mkdtemp(join(tmpdir(), 'weft-streams-'));
  const first = await withIdentity(compiled([]), await makeRoot('mesh'));
  const secrets = first.get(typeUrls.SDS) ?? new Map();
  const plane = await control(xdsSocket(folder), first);
  const envoy = await spawnGateway(folder, proxy.labels, ['--drain-time-s', `${drain}`, '--drain-strategy', 'immediate']);
  const stop = async () => {
    await envoy.kill();
    plane.stop();
    app.stop();
    await rm(folder, { recursive: true, force: true });
  };
  for (const port of new Set(Object.values(ports)))
    await eventually(
      () => answerOf({ host, port, path: '/ready' }),
      ({ status }) => status > 0 && status !== 503,
    ).catch(async (error: unknown) => {
      await stop();
      throw new Error(`Envoy does not serve: ${plane.refusals} ${envoy.log()}`, { cause: error });
    });
  return {
    ...{ namespace: proxy.namespace, host, ports, refusals: plane.refusals, stop },
    change: (...policies) => plane.set(new Map([...compiled(policies), [typeUrls.SDS, secrets]])),
    counter: async (name) => {
      const { text } = await answerOf({ socketPath: adminSocket(folder), path: `/stats?filter=^${name}$` });
      return Number(/: (\d+)/.exec(text)?.[1] ?? Number.NaN);
    },
  };
};
