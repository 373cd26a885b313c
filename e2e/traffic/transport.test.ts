/** What connections to a destination begin with, on the real Envoy: TLS of its own, PROXY headers, tunnels. */
import { createServer as createHttps, type Server as HttpsServer } from 'node:https';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { endpoint, outbound, sidecar } from '../../compile/src/xds/views.fixture.ts';
import { freePort } from '../port.ts';
import { ask } from './backend.ts';
import { makeRoot } from './certificates.ts';
import { application, exchange, type Running, run } from './loopback.ts';

let envoy: Running;
let servers: (Server | HttpsServer)[] = [];
let port = 0;
let dial: { v1: number; v2: number; tunnel: number; post: number };
const names: string[] = [];

const listening = (server: Server | HttpsServer): Promise<number> =>
  new Promise((resolve) => {
    servers.push(server);
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });

/** Takes one request for a tunnel, then sends back what comes, beside the request itself. */
const proxy = () =>
  createServer((socket) => {
    let head = '';
    socket.on('error', () => socket.destroy());
    socket.on('data', (data) => {
      if (head.includes('\r\n\r\n')) return void socket.write(`[${head.split('\r\n')[0]} carries ${data}]`);
      head += data.toString('latin1');
      if (head.includes('\r\n\r\n')) socket.write('HTTP/1.1 200 OK\r\n\r\n');
    });
  });

const plainAt = (port: number) => [endpoint('127.0.0.1', { port, mtls: false, identity: '' })];

beforeAll(async () => {
  const root = await makeRoot('public');
  const { certificate, key } = await root.issue('right.example');
  const seen = (name: string, done: (error: null) => void) => {
    names.push(name);
    done(null);
  };
  const tls = createHttps({ cert: certificate, key, SNICallback: seen }, (_, response) => {
    response.end('secure');
  });
  const [secure, echo, tunnel] = [await listening(tls), await application(), await listening(proxy())];
  servers.push(echo.server);
  port = await freePort();
  dial = { v1: await freePort(), v2: await freePort(), tunnel: await freePort(), post: await freePort() };
  const simple = { tls: { mode: 'SIMPLE' as const } };
  const bytes = { protocol: 'tcp' as const, addresses: ['127.0.0.1'] };
  const outside = { port, meshExternal: true, endpoints: plainAt(secure) };
  const services = outbound([
    { name: 'right', hostname: 'right.example', aliases: [], policy: simple, ...outside },
    { name: 'wrong', hostname: 'wrong.example', aliases: [], policy: simple, ...outside },
    {
      name: 'named',
      hostname: 'named.example',
      aliases: [],
      policy: { tls: { ...simple.tls, sni: 'right.example', subjectAltNames: ['right.example'] } },
      ...outside,
    },
    {
      name: 'unverified',
      hostname: 'unverified.example',
      aliases: [],
      policy: { tls: { ...simple.tls, insecureSkipVerify: true } },
      ...outside,
    },
    { name: 'v1', port: dial.v1, policy: { proxyProtocol: 'V1' }, endpoints: plainAt(echo.port), ...bytes },
    { name: 'v2', port: dial.v2, policy: { proxyProtocol: 'V2' }, endpoints: plainAt(echo.port), ...bytes },
    {
      name: 'tunnel',
      port: dial.tunnel,
      policy: { tunnel: { method: 'CONNECT', target: 'target.example:443' } },
      endpoints: plainAt(tunnel),
      ...bytes,
    },
    {
      name: 'post',
      port: dial.post,
      policy: { tunnel: { method: 'POST', target: 'target.example:443' } },
      endpoints: plainAt(tunnel),
      ...bytes,
    },
  ]);
  envoy = await run(sidecar({ outbound: services }), port, { roots: root.certificate });
}, 120_000);

afterAll(async () => {
  await envoy?.stop();
  for (const server of servers) server.close();
  servers = [];
});

test('SIMPLE trusts the public roots, and takes the names of TLS from the request [S77]', async () => {
  expect((await ask({ port, host: 'right.example' })).text).toBe('secure');
  expect(names).toContain('right.example');
});

test('a server whose certificate has another name is not spoken to [S77]', async () => {
  const { status, text } = await ask({ port, host: 'wrong.example' });
  expect(status).toBe(503);
  expect(text).not.toContain('secure');
  // It was asked, by the request's name: what it showed was not enough.
  expect(names).toContain('wrong.example');
});

test('the rule’s names count in place of the request’s [S77]', async () => {
  expect((await ask({ port, host: 'named.example' })).text).toBe('secure');
});

test('unverified only where that was asked for by name', async () => {
  expect((await ask({ port, host: 'unverified.example' })).text).toBe('secure');
});

test('a PROXY header of version 1 comes first', async () => {
  expect(await exchange('127.0.0.1', dial.v1, 'hello')).toMatch(/^\[PROXY TCP4 127\.0\.0\.1 127\.0\.0\.1 \d+ \d+\r\n/);
});

test('and one of version 2, in bytes', async () => {
  const answer = Buffer.from(await exchange('127.0.0.1', dial.v2, 'hello'), 'latin1');
  const signature = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');
  expect(answer.subarray(1, 13).equals(signature)).toBe(true);
});

test('bytes travel inside CONNECT, or POST, to the target that the rule names', async () => {
  expect(await exchange('127.0.0.1', dial.tunnel, 'hello')).toBe('[CONNECT target.example:443 HTTP/1.1 carries hello]');
  expect(await exchange('127.0.0.1', dial.post, 'hello')).toMatch(/^\[POST \/ HTTP\/1.1 carries /);
});
