/** Connections that are no HTTP, or become something else, on the real Envoy. */
import { createServer as createHttp2, type Http2Server } from 'node:http2';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ConnectionRoute } from '../../compile/src/mesh/index.ts';
import { endpoint, outbound, type Sample, sidecar } from '../../compile/src/xds/views.fixture.ts';
import { extreme, isLikely } from '../chance.ts';
import { freePort } from '../port.ts';
import { application, exchange, type Running, run } from './loopback.ts';

const hasIPv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1'));

const origin = { kind: 'VirtualService', namespace: 'shop', name: 'r', path: 'spec.tcp[0]' };

const routeTo = (clusters: ConnectionRoute['clusters'], serverNames: readonly string[] = []): ConnectionRoute => ({
  match: { serverNames, subnets: [] },
  clusters,
  policy: {},
  entersHttp: false,
  origin,
});

const listening = async <S extends Server | Http2Server>(server: S): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
};

const opened: (Server | Http2Server)[] = [];

/** Says its name before anybody else speaks, and counts who came. */
const greeter = async (name: string) => {
  const seen = { connections: 0, first: '' };
  const server = createServer((socket) => {
    seen.connections += 1;
    socket.on('error', () => socket.destroy());
    socket.on('data', (data) => {
      seen.first ||= data.toString('latin1');
    });
    socket.write(`[${name}]`);
  });
  opened.push(server);
  return { seen, port: await listening(server) };
};

/** Answers an upgrade and says everything twice from then on. */
const doubler = async (): Promise<number> => {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.once('data', () => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n');
      socket.on('data', (data) => socket.write(`${data}${data}`));
    });
  });
  opened.push(server);
  return listening(server);
};

/** Answers gRPC with the content type that it was asked with. */
const grpc = async (): Promise<number> => {
  const server = createHttp2((request, response) => {
    response.writeHead(200, { 'content-type': 'application/grpc', 'x-asked': request.headers['content-type'], trailer: 'grpc-status' });
    response.addTrailers({ 'grpc-status': '0' });
    response.end();
  });
  opened.push(server);
  return listening(server);
};

let envoy: Running;
let first: Awaited<ReturnType<typeof greeter>>;
let second: Awaited<ReturnType<typeof greeter>>;
let dial: Record<'declared' | 'sniffed' | 'plain' | 'weighted' | 'names' | 'web' | 'calls', number>;

const cluster = (name: string, port: number) => `outbound|${port}||${name}.shop.svc.cluster.local`;

beforeAll(async () => {
  [first, second] = [await greeter('first'), await greeter('second')];
  const echo = await application();
  opened.push(echo.server);
  const [upgraded, calls] = [await doubler(), await grpc()];
  const ports = await Promise.all(Array.from({ length: 7 }, freePort));
  const [declared = 0, sniffed = 0, plain = 0, weighted = 0, names = 0, web = 0, called = 0] = ports;
  dial = { declared, sniffed, plain, weighted, names, web, calls: called };
  const local = (sample: Pick<Sample, 'name' | 'protocol' | 'connections'>, port: number, target: number): Sample => ({
    ...sample,
    port,
    addresses: hasIPv6 ? ['127.0.0.1', '::1'] : ['127.0.0.1'],
    endpoints: [endpoint('127.0.0.1', { port: target, mtls: false })],
  });
  const [one, two] = [cluster('declared', declared), cluster('sniffed', sniffed)];
  const split = [
    routeTo([
      { cluster: one, weight: 3 },
      { cluster: two, weight: 1 },
    ]),
  ];
  const byName = [routeTo([{ cluster: one, weight: 1 }], ['one.test', '*.one.test']), routeTo([{ cluster: two, weight: 1 }], ['two.test'])];
  const samples = [
    local({ name: 'declared', protocol: 'tcp' }, declared, first.port),
    local({ name: 'sniffed', protocol: 'auto' }, sniffed, second.port),
    local({ name: 'plain', protocol: 'auto' }, plain, echo.port),
    local({ name: 'weighted', protocol: 'tcp', connections: split }, weighted, first.port),
    local({ name: 'names', protocol: 'tls', connections: byName }, names, first.port),
    local({ name: 'web', protocol: 'http' }, web, upgraded),
    local({ name: 'calls', protocol: 'grpc-web' }, called, calls),
  ];
  envoy = await run(
    sidecar({ outbound: outbound(samples, { outboundTrafficPolicy: 'REGISTRY_ONLY', ...(hasIPv6 && { families: 'dual' }) }) }),
    declared,
  );
}, 120_000);

afterAll(async () => {
  await envoy?.stop();
  for (const server of opened) server.close();
});

/** What comes within the time, of a client that says nothing. */
const heard = (port: number, milliseconds: number): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    const finish = () => {
      socket.destroy();
      resolve(text);
    };
    socket.on('data', (data) => {
      text += data;
      finish();
    });
    socket.on('error', reject);
    setTimeout(finish, milliseconds).unref();
  });

describe('a server that speaks first', () => {
  test('is heard on a port declared TCP', async () => expect(await heard(dial.declared, 60_000)).toBe('[first]'));

  test('waits on a sniffed port for as long as its client says nothing [S82]', async () => {
    expect(await heard(dial.sniffed, 600)).toBe('');
    expect(await exchange('127.0.0.1', dial.sniffed, 'hello\n')).toBe('[second]');
  });
});

test('HTTP/1.0 is bytes on a sniffed port: nothing is added to it [S83]', async () => {
  const old = 'GET / HTTP/1.0\r\n\r\n';
  expect(await exchange('127.0.0.1', dial.plain, old)).toContain(`\r\n\r\n${old}`);
  expect(await exchange('127.0.0.1', dial.plain, 'GET / HTTP/1.1\r\nhost: plain\r\n\r\n')).toContain('x-request-id');
});

test('connections are spread by the weights of their rule [S51]', async () => {
  const [before, total] = [first.seen.connections, 400];
  const others = second.seen.connections;
  for (let round = 0; round < total / 20; round += 1) await Promise.all(Array.from({ length: 20 }, () => heard(dial.weighted, 60_000)));
  const share = first.seen.connections - before;
  expect(share + second.seen.connections - others).toBe(total);
  expect(isLikely(share, total, 0.75, extreme), `${share} of ${total}`).toBe(true);
});

describe('TLS that is not opened [S51, S81]', () => {
  /** The peer is no TLS server: only where the hello arrives is asked. */
  const hello = (servername: string): Promise<void> =>
    new Promise((resolve) => {
      const socket = connectTls({ port: dial.names, host: '127.0.0.1', servername, rejectUnauthorized: false });
      socket.on('error', () => resolve());
      socket.on('close', () => resolve());
    });

  test.each([
    ['one.test', 1, 0],
    ['a.one.test', 1, 0],
    ['two.test', 0, 1],
    ['three.test', 0, 0],
  ])('goes by its server name: %s', async (name, toFirst, toSecond) => {
    const [ones, twos] = [first.seen.connections, second.seen.connections];
    await hello(name);
    expect([first.seen.connections - ones, second.seen.connections - twos]).toEqual([toFirst, toSecond]);
  });
});

test('a WebSocket is let through and stays open both ways [S86]', async () => {
  const socket = connect(dial.web, '127.0.0.1');
  const next = (wanted: RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      let text = '';
      socket.on('error', reject);
      socket.on('data', function listen(this: Socket, data) {
        text += data.toString('latin1');
        if (!wanted.test(text)) return;
        socket.off('data', listen);
        resolve(text);
      });
    });
  const key = 'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n';
  const answer = next(/\r\n\r\n/);
  socket.write(`GET / HTTP/1.1\r\nhost: web\r\nconnection: upgrade\r\nupgrade: websocket\r\n${key}\r\n`);
  expect(await answer).toMatch(/^HTTP\/1.1 101 /);
  const twice = next(/ab.*ab/);
  socket.write('ab');
  expect(await twice).toBe('abab');
  socket.destroy();
});

test.runIf(hasIPv6)('a service is called at its IPv6 address, and at both ends of a listener for both families [S6]', async () => {
  expect(await exchange('::1', dial.plain, 'hello\n')).toBe('[hello\n]');
  const get = 'GET / HTTP/1.1\r\nhost: [::1]\r\n\r\n';
  expect(await exchange('::1', dial.plain, get)).toMatch(/^HTTP\/1.1 200/);
  for (const address of ['::1', '127.0.0.1'])
    expect(await exchange(address, dial.web, 'GET / HTTP/1.1\r\nhost: nobody\r\n\r\n')).toMatch(/^HTTP\/1.1 502/);
});

test('gRPC-Web arrives as gRPC, and its answer goes back as gRPC-Web [S79]', async () => {
  const frame = Buffer.from([0, 0, 0, 0, 0]);
  const head = `POST /shop.Shop/Get HTTP/1.1\r\nhost: calls\r\ncontent-type: application/grpc-web+proto\r\ncontent-length: 5\r\nconnection: close\r\n\r\n`;
  const answer = await exchange('127.0.0.1', dial.calls, head + frame.toString('latin1'));
  expect(answer).toMatch(/^HTTP\/1.1 200/);
  expect(answer).toContain('x-asked: application/grpc');
  expect(answer).toContain('content-type: application/grpc-web+proto');
});
