/** Sidecars and ServiceEntries on the real Envoy: listeners of their own, sockets, what is unknown, and names resolved on the way. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer as createHttp, type Server as HttpServer, request } from 'node:http';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../port.ts';
import { application, exchange, type Running, run } from './loopback.ts';
import { viewOf } from './manifests.ts';

interface Places {
  readonly app: number;
  readonly tls: number;
  readonly proxy: number;
  readonly ingress: number;
  readonly ingressSocket: number;
  readonly socket: string;
  readonly out: string;
}

const manifests = ({ app, tls, proxy: proxyPort, ingress, ingressSocket, socket, out }: Places): string => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: socket, namespace: shop }
spec:
  hosts: [socket.example.com]
  resolution: STATIC
  ports: [{ number: 80, name: http, protocol: HTTP }]
  endpoints: [{ address: 'unix://${socket}' }]
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: dynamic, namespace: shop }
spec:
  hosts: ['*.localhost']
  resolution: DYNAMIC_DNS
  ports:
    - { number: ${app}, name: http, protocol: HTTP }
    - { number: ${tls}, name: tls, protocol: TLS }
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: foreign, namespace: bank }
spec:
  hosts: [foreign.example.com]
  resolution: STATIC
  ports: [{ number: 80, name: http, protocol: HTTP }]
  endpoints: [{ address: 'unix://${socket}' }]
---
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: { name: web, namespace: shop }
spec:
  workloadSelector: { labels: { app: web } }
  outboundTrafficPolicy: { mode: REGISTRY_ONLY }
  ingress:
    - { port: { number: ${ingress}, protocol: HTTP }, bind: 127.0.0.1, captureMode: NONE, defaultEndpoint: '127.0.0.1:${app}' }
    - { port: { number: ${ingressSocket}, protocol: HTTP }, bind: 127.0.0.1, captureMode: NONE, defaultEndpoint: 'unix://${socket}' }
  egress:
    - { port: { number: ${proxyPort}, protocol: HTTP_PROXY }, bind: 127.0.0.1, captureMode: NONE, hosts: [./*] }
    - { port: { number: ${tls}, protocol: TLS }, bind: 127.0.0.2, captureMode: NONE, hosts: [./*] }
    - { port: { number: 0, protocol: HTTP }, bind: 'unix://${out}', hosts: [./socket.example.com] }
`;

const get = (host: string) => `GET / HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`;

let folder: string;
let places: Places;
let envoy: Running;
let onSocket: HttpServer;
let tlsServer: Server;
let app: Server;
const hellos: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weft-sidecar-'));
  const served = await application();
  app = served.server;
  places = {
    app: served.port,
    tls: await freePort(),
    proxy: await freePort(),
    ingress: await freePort(),
    ingressSocket: await freePort(),
    socket: join(folder, 'app.sock'),
    out: join(folder, 'out.sock'),
  };
  onSocket = createHttp((_, response) => response.end('from the socket'));
  tlsServer = createServer((connection) => {
    connection.on('error', () => connection.destroy());
    connection.on('data', (data) => {
      hellos.push(data.toString('latin1'));
      connection.destroy();
    });
  });
  await new Promise<void>((resolve) => onSocket.listen(places.socket, resolve));
  await new Promise<void>((resolve) => tlsServer.listen(places.tls, '127.0.0.1', resolve));
  envoy = await run(viewOf(manifests(places)), places.proxy);
}, 60_000);

afterAll(async () => {
  await envoy?.stop();
  for (const server of [onSocket, tlsServer, app]) server?.close();
  await rm(folder, { recursive: true, force: true });
});

describe('a Sidecar’s listeners', () => {
  test('HTTP_PROXY is asked for what is imported, and an endpoint is a Unix socket [S23]', async () => {
    expect(await exchange('127.0.0.1', places.proxy, get('socket.example.com'))).toContain('from the socket');
  });

  test('what is not imported is unknown, and REGISTRY_ONLY of this workload refuses it [S12, S21, S22]', async () => {
    expect(await exchange('127.0.0.1', places.proxy, get('foreign.example.com'))).toMatch(/^HTTP\/1.1 502/);
    expect(await exchange('127.0.0.1', places.proxy, get('www.example.com'))).toMatch(/^HTTP\/1.1 502/);
  });

  test('a Unix socket is a listener too', async () => {
    const answer = await new Promise<string>((resolve, reject) => {
      const asked = request({ socketPath: places.out, path: '/', headers: { host: 'socket.example.com' } }, (response) => {
        response.setEncoding('utf8').on('data', resolve);
      });
      asked.on('error', reject);
      asked.end();
    });
    expect(answer).toBe('from the socket');
  });

  test('ingress leads to the endpoint that it names: loopback, or a socket [S21]', async () => {
    expect(await exchange('127.0.0.1', places.ingress, get('web'))).toContain('GET / HTTP/1.1\r\n');
    expect(await exchange('127.0.0.1', places.ingressSocket, get('web'))).toContain('from the socket');
  });
});

describe('DYNAMIC_DNS [S71]', () => {
  test('HTTP goes where its Host says', async () => {
    const answer = await exchange('127.0.0.1', places.proxy, get(`any.name.localhost:${places.app}`));
    expect(answer).toMatch(/^HTTP\/1.1 200/);
    expect(answer).toContain(`host: any.name.localhost:${places.app}`);
  });

  test('TLS goes where its server name says, and nowhere under another name', async () => {
    const hello = (servername: string): Promise<void> =>
      new Promise((resolve) => {
        const socket = connect({ host: '127.0.0.2', port: places.tls, servername });
        socket.on('error', () => resolve());
        socket.on('close', () => resolve());
      });
    await hello('some.name.localhost');
    expect(hellos.join()).toContain('some.name.localhost');
    await hello('www.example.com');
    expect(hellos.join()).not.toContain('www.example.com');
  });
});
