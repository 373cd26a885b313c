/** HTTP/2 and HTTP/1.1 through the shared listener of a port: each arrives as what it was, though no ALPN is negotiated. */
import { connect, createServer, type Http2Server } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { endpoint, inboundPort, outbound, sidecar } from '../../compile/src/xds/views.fixture.ts';
import { freePort } from '../port.ts';
import { application, exchange, identity, type Running, run } from './loopback.ts';

let envoy: Running;
let grpc: Http2Server;
let web: { readonly server: Server; readonly port: number };
let port = 0;

beforeAll(async () => {
  grpc = createServer((request, response) => {
    response.setHeader('x-certificate', request.headers['x-forwarded-client-cert'] ?? 'none');
    response.end(request.httpVersion);
  });
  await new Promise<void>((resolve) => grpc.listen(0, '127.0.0.1', resolve));
  const grpcPort = (grpc.address() as AddressInfo).port;
  web = await application();
  port = await freePort();
  const at = (target: number) => [endpoint('127.0.0.2', { port: target, identity })];
  const services = outbound(
    [
      { name: 'grpc', protocol: 'grpc', port, endpoints: at(grpcPort), addresses: ['10.96.0.11'] },
      { name: 'web', protocol: 'http', port, endpoints: at(web.port) },
    ],
    { outboundTrafficPolicy: 'REGISTRY_ONLY' },
  );
  const ports = [inboundPort(grpcPort, 'grpc', 'STRICT'), inboundPort(web.port, 'http', 'STRICT')];
  envoy = await run(sidecar({ outbound: services, inbound: { ports, mode: 'STRICT' } }), port);
}, 120_000);

afterAll(async () => {
  await envoy?.stop();
  grpc?.close();
  web?.server.close();
});

const get = (host: string) => `GET / HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`;

test('HTTP/2 stays HTTP/2, over mesh TLS', async () => {
  const session = connect(`http://127.0.0.1:${port}`);
  const stream = session.request({ ':path': '/', ':authority': 'grpc' });
  const [headers, body] = await new Promise<[Record<string, unknown>, string]>((resolve, reject) => {
    let seen: Record<string, unknown> = {};
    let text = '';
    stream.on('response', (got) => {
      seen = got;
    });
    stream.on('data', (chunk) => {
      text += chunk;
    });
    stream.on('end', () => resolve([seen, text]));
    stream.on('error', reject);
  });
  session.close();
  expect(headers[':status']).toBe(200);
  expect(body).toBe('2.0');
  expect(headers['x-certificate']).toContain(`URI=${identity}`);
});

test('HTTP/1.1 stays HTTP/1.1, by any of the service’s names', async () => {
  for (const host of ['web', 'web.shop.svc.cluster.local', `web.shop.svc.cluster.local.:${port}`, '10.96.0.10']) {
    const answer = await exchange('127.0.0.1', port, get(host));
    expect(answer).toMatch(/^HTTP\/1.1 200/);
    expect(answer).toContain(`URI=${identity}`);
  }
});

test('[S12]: under REGISTRY_ONLY an unknown host gets 502', async () => {
  expect(await exchange('127.0.0.1', port, get('elsewhere.example'))).toMatch(/^HTTP\/1.1 502/);
});
