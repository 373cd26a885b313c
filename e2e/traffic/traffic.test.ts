/** What emitted configuration does to traffic, on the real Envoy: mesh TLS, its markers, and who is refused. */
import type { Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { endpoint, inboundPort, outbound, sidecar } from '../../compile/src/xds/views.fixture.ts';
import { freePort } from '../port.ts';
import { application, exchange, identity, type Running, run } from './loopback.ts';

const get = (host: string) => `GET / HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`;

let servers: Server[] = [];
let envoy: Running;
let app: { strict: number; open: number; declared: number };
let dial: { strict: number; open: number; declared: number; impostor: number };

beforeAll(async () => {
  const applications = [await application(), await application(), await application()];
  servers = applications.map(({ server }) => server);
  const [strict = 0, open = 0, declared = 0] = applications.map(({ port }) => port);
  app = { strict, open, declared };
  dial = { strict: await freePort(), open: await freePort(), declared: await freePort(), impostor: await freePort() };
  const at = (port: number, init = {}) => [endpoint('127.0.0.2', { port, identity, ...init })];
  const services = outbound([
    { name: 'strict', protocol: 'auto', addresses: ['127.0.0.1'], port: dial.strict, endpoints: at(strict) },
    { name: 'open', protocol: 'auto', addresses: ['127.0.0.1'], port: dial.open, endpoints: at(open, { mtls: false }) },
    { name: 'declared', protocol: 'tcp', addresses: ['127.0.0.1'], port: dial.declared, endpoints: at(declared) },
    {
      name: 'impostor',
      protocol: 'auto',
      addresses: ['127.0.0.1'],
      port: dial.impostor,
      endpoints: at(strict, { identity: 'spiffe://cluster.local/ns/shop/sa/other' }),
    },
  ]);
  const inbound = {
    ports: [inboundPort(strict, 'auto', 'STRICT'), inboundPort(open, 'auto'), inboundPort(declared, 'tcp')],
    mode: 'STRICT' as const,
  };
  envoy = await run(sidecar({ outbound: services, inbound }), dial.strict);
}, 120_000);

afterAll(async () => {
  await envoy?.stop();
  for (const server of servers) server.close();
});

describe('a sniffed port under STRICT, from a mesh client', () => {
  test('HTTP arrives as HTTP, with both identities', async () => {
    const answer = await exchange('127.0.0.1', dial.strict, get('strict'));
    expect(answer).toMatch(/^HTTP\/1.1 200/);
    expect(answer).toContain(`By=${identity}`);
    expect(answer).toContain(`URI=${identity}`);
  });

  test('bytes arrive as bytes: the marker is chosen for each connection', async () => {
    expect(await exchange('127.0.0.1', dial.strict, 'hello\n')).toBe('[hello\n]');
  });

  test('a server with another identity than its endpoints have is not spoken to', async () => {
    const answer = await exchange('127.0.0.1', dial.impostor, get('impostor'));
    expect(answer).toMatch(/^HTTP\/1.1 503/);
    expect(await exchange('127.0.0.1', dial.impostor, 'hello\n').catch(() => '')).toBe('');
  });
});

describe('a client without a sidecar', () => {
  test('is refused under STRICT, whatever it speaks', async () => {
    expect(await exchange('127.0.0.2', app.strict, get('strict')).catch(() => '')).toBe('');
    expect(await exchange('127.0.0.2', app.strict, 'hello\n').catch(() => '')).toBe('');
  });

  test('is served under PERMISSIVE, and cannot claim an identity', async () => {
    const forged = `GET / HTTP/1.1\r\nhost: open\r\nx-forwarded-client-cert: URI=${identity}\r\nconnection: close\r\n\r\n`;
    const answer = await exchange('127.0.0.2', app.open, forged);
    expect(answer).toMatch(/^HTTP\/1.1 200/);
    expect(answer.toLowerCase()).not.toContain('x-forwarded-client-cert');
    expect(await exchange('127.0.0.2', app.open, 'hello\n')).toBe('[hello\n]');
  });
});

test('an endpoint without mesh TLS is reached in plaintext, through the same listener', async () => {
  expect(await exchange('127.0.0.1', dial.open, get('open'))).toMatch(/^HTTP\/1.1 200/);
  expect(await exchange('127.0.0.1', dial.open, 'hello\n')).toBe('[hello\n]');
});

test('declared TCP carries HTTP as bytes', async () => {
  expect(await exchange('127.0.0.1', dial.declared, get('declared'))).not.toContain('x-forwarded');
  expect(await exchange('127.0.0.1', dial.declared, 'hello\n')).toBe('[hello\n]');
});
