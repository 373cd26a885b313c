/** A backend that says what it saw, and a gateway and a sidecar before it, each a real Envoy with what `emit` makes of manifests. */
import { createServer, type IncomingMessage } from 'node:http';
import { connect as connectHttp2, type OutgoingHttpHeaders } from 'node:http2';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { freePort } from '../port.ts';
import { compiled, type GatewayEnvoy, httpGateway, startGateway } from '../traffic/gateway.ts';
import { type Peer, type Running, run } from '../traffic/loopback.ts';
import { viewOf } from '../traffic/manifests.ts';

/** A request as it came, byte for byte. */
export interface Arrival {
  readonly method: string;
  readonly path: string;
  /** In their order; names as they were written. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

export const valuesOf = ({ headers }: Arrival, name: string): readonly string[] =>
  headers.filter(([own]) => own.toLowerCase() === name).map(([, value]) => value);

export interface Backend {
  readonly port: number;
  readonly arrivals: Arrival[];
  stop(): void;
}

const arrivalOf = ({ method = '', url = '', rawHeaders }: IncomingMessage): Arrival => {
  const names = rawHeaders.filter((_, index) => index % 2 === 0);
  return { method, path: url, headers: names.map((name, index) => [name, rawHeaders[2 * index + 1] ?? '']) };
};

/** Tells each request what it is, as if it had been refused; with bodies it does nothing. */
export const backend = async (): Promise<Backend> => {
  const arrivals: Arrival[] = [];
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    const arrival = arrivalOf(request);
    arrivals.push(arrival);
    request.resume();
    const body = JSON.stringify(arrival);
    response
      .writeHead(200, { 'content-length': Buffer.byteLength(body), 'x-weft-denial-id': 'forged' })
      .end(arrival.method === 'HEAD' ? undefined : body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const stop = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { port, arrivals, stop };
};

export interface Answer {
  readonly status: number;
  readonly head: string;
  /** What the backend saw; absent: it was not asked. */
  readonly seen?: Arrival;
}

export const isComplete = (text: string): boolean => {
  const end = text.indexOf('\r\n\r\n');
  const length = /content-length: (\d+)/i.exec(text.slice(0, end))?.[1];
  return end >= 0 && length !== undefined && text.length >= end + 4 + Number(length);
};

export const answerOf = (text: string): Answer => {
  const end = text.indexOf('\r\n\r\n');
  const head = text.slice(0, end);
  const status = Number(/^HTTP\/1\.\d (\d+)/.exec(head)?.[1] ?? 0);
  const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
  const body = text.slice(end + 4, end + 4 + length);
  return { status, head, ...(status === 200 && body.startsWith('{"method"') && { seen: JSON.parse(body) as Arrival }) };
};

/** Sends bytes as they are; status 0: the connection was closed without an answer. */
export const send = (host: string, port: number, request: string): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, host, () => socket.write(Buffer.from(request, 'latin1')));
    let text = '';
    const finish = (): void => {
      socket.destroy();
      resolve(answerOf(text));
    };
    socket.on('data', (data) => {
      text += data.toString('latin1');
      if (isComplete(text)) finish();
    });
    socket.on('end', finish);
    socket.on('error', (error) => (text === '' && 'code' in error && error.code === 'ECONNREFUSED' ? reject(error) : finish()));
    socket.setTimeout(5000, finish);
  });

/** The same over HTTP/2. */
export const sendHttp2 = (host: string, port: number, headers: OutgoingHttpHeaders): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const session = connectHttp2(`http://${host}:${port}`);
    session.on('error', reject);
    const stream = session.request({ ':method': 'GET', ':authority': 'a.example', ...headers });
    let status = 0;
    let body = '';
    stream.on('response', (got) => {
      status = Number(got[':status']);
    });
    stream.on('data', (chunk) => {
      body += chunk;
    });
    const finish = (): void => {
      session.destroy();
      resolve({ status, head: '', ...(status === 200 && body.startsWith('{"method"') && { seen: JSON.parse(body) as Arrival }) });
    };
    // A reset stream is a refusal without a word.
    stream.on('error', finish);
    stream.on('end', finish);
    stream.setTimeout(5000, finish);
  });

type Manifest = Readonly<Record<string, unknown>>;

export const manifests = (objects: readonly Manifest[]): string =>
  objects.map((object) => stringify(object, { aliasDuplicateObjects: false })).join('---\n');

const listening = async (host: string, port: number, preamble = ''): Promise<void> => {
  for (const end = Date.now() + 60_000; Date.now() < end; await sleep(50)) {
    const isThere = await send(host, port, `${preamble}GET / HTTP/1.1\r\nhost: ready\r\n\r\n`).catch(() => undefined);
    // Routes may come after the listener.
    if (isThere?.status === 200) return;
  }
  throw new Error('nobody listens');
};

export interface Place {
  readonly backend: Backend;
  /** A whole request, as bytes. */
  send(request: string): Promise<Answer>;
  /** GET over HTTP/2, pseudo headers included. */
  get2(headers: OutgoingHttpHeaders): Promise<Answer>;
  /** GET with these header lines. */
  get(path: string, ...headers: readonly string[]): Promise<Answer>;
  stop(): Promise<void>;
}

const placeAt = (
  host: string,
  port: number,
  { backend: echo, stop }: { readonly backend: Backend; readonly stop: () => Promise<void> },
): Place => ({
  backend: echo,
  send: (request) => send(host, port, request),
  get2: (headers) => sendHttp2(host, port, headers),
  get: (path, ...headers) => {
    const own = headers.some((line) => /^host:/i.test(line)) ? headers : ['host: a.example', ...headers];
    return send(host, port, `GET ${path} HTTP/1.1\r\n${own.map((line) => `${line}\r\n`).join('')}\r\n`);
  },
  stop: async () => {
    await stop();
    echo.stop();
  },
});

const metadata = { name: 'edge', namespace: 'edge' };

const gatewayObjects = (port: number, backendPort: number): readonly Manifest[] => [
  httpGateway(metadata, port),
  {
    apiVersion: 'networking.istio.io/v1',
    kind: 'ServiceEntry',
    metadata,
    spec: {
      hosts: ['backend.example'],
      location: 'MESH_EXTERNAL',
      resolution: 'STATIC',
      ports: [{ number: 80, name: 'http', protocol: 'HTTP' }],
      endpoints: [{ address: '127.0.0.1', ports: { http: backendPort } }],
    },
  },
];

/** All that the gateway does where `routes` say nothing else. */
const everything = [{ route: [{ destination: { host: 'backend.example' } }] }];

export interface GatewayPlace extends Place {
  readonly port: number;
  readonly envoy: GatewayEnvoy;
}

/** @param preamble what connections begin with */
export const atGateway = async (
  more: readonly Manifest[] = [],
  http: readonly object[] = everything,
  preamble = '',
): Promise<GatewayPlace> => {
  const echo = await backend();
  const port = await freePort();
  const routes = {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata,
    spec: { hosts: ['*'], gateways: ['edge'], http },
  };
  const text = manifests([...gatewayObjects(port, echo.port), routes, ...more]);
  // There is no Deployment: the gateway is whoever calls itself so.
  const mistakes = compiled(text).findings.filter(({ severity, code }) => severity === 'error' && code !== 'IST0101');
  if (mistakes.length > 0) throw new Error(JSON.stringify(mistakes));
  const envoy = await startGateway(text);
  const place = placeAt('127.0.0.1', port, { backend: echo, stop: envoy.stop });
  await listening('127.0.0.1', port, preamble);
  echo.arrivals.length = 0;
  return { ...place, envoy, port };
};

/** At 127.0.0.2. */
export interface SidecarPlace extends Place {
  readonly port: number;
  /** A certificate that it trusts. */
  issue(uri: string): Promise<Peer>;
}

/** The inbound side of the backend's own sidecar. */
export const atSidecar = async (more: readonly Manifest[] = []): Promise<SidecarPlace> => {
  const echo = await backend();
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: await freePort(), targetPort: echo.port }] },
  };
  const envoy: Running = await run(viewOf(manifests([service, ...more])), echo.port);
  const place = placeAt('127.0.0.2', echo.port, { backend: echo, stop: envoy.stop });
  await listening('127.0.0.2', echo.port);
  echo.arrivals.length = 0;
  return { ...place, port: echo.port, issue: envoy.issue };
};

export const meshLike = (name: string | undefined, spec: object = {}): Manifest => ({
  apiVersion: 'mesh.weft.dev/v1alpha1',
  kind: 'MeshConfig',
  metadata: { name: 'mesh', ...(name && { annotations: { 'mesh.weft.dev/compatibility': name } }) },
  spec,
});
