/** Every mode of mutual TLS, on every kind of port, against every kind of caller [S90-S92, S97], and what Envoy makes of it. */
import type { Server } from 'node:net';
import { type ConnectionOptions, connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inboundPort, sidecar } from '../../compile/src/xds/views.fixture.ts';
import { until } from '../mesh.ts';
import { application, exchange, type Peer, type Running, run } from './loopback.ts';

const modes = ['PERMISSIVE', 'STRICT', 'DISABLE'] as const;
const kinds = ['http', 'tcp', 'auto'] as const;
type Mode = (typeof modes)[number];
type Kind = (typeof kinds)[number];

const caller = 'spiffe://cluster.local/ns/shop/sa/caller';
const request = 'GET / HTTP/1.1\r\nhost: app\r\n\r\n';
const bytes = 'hello, hello\r\n\r\n';

let envoy: Running;
let servers: Server[] = [];
const ports = new Map<string, number>();
let peers: { ours: Peer; stranger: Peer };

const portOf = (mode: Mode, kind: Kind): number => ports.get(`${mode} ${kind}`) ?? 0;

beforeAll(async () => {
  const inbound = [];
  for (const mode of modes) {
    for (const kind of kinds) {
      const { server, port } = await application();
      servers.push(server);
      ports.set(`${mode} ${kind}`, port);
      inbound.push(inboundPort(port, kind, mode));
    }
  }
  const view = sidecar({ inbound: { ports: inbound, mode: 'STRICT' } });
  envoy = await run(view, portOf('PERMISSIVE', 'http'));
  // That port is the application's too: only this one says that Envoy listens.
  await until('Envoy listens', async () => ((await plain(portOf('PERMISSIVE', 'http'), request)) === 'refused' ? undefined : true));
  peers = { ours: await envoy.issue(caller), stranger: await envoy.issue('spiffe://third.example/ns/shop/sa/caller') };
}, 120_000);

afterAll(async () => {
  await envoy?.stop();
  for (const server of servers) server.close();
  servers = [];
});

/** What comes back over TLS; `refused` when the connection ends before anything does, `no TLS` when it is answered without. */
const overTls = (port: number, text: string, options: ConnectionOptions): Promise<string> =>
  new Promise((resolve) => {
    let received = '';
    const finish = (): void => {
      socket.destroy();
      resolve(received === '' ? 'refused' : received);
    };
    const socket = connect({ host: '127.0.0.2', port, rejectUnauthorized: false, ...options }, () => socket.write(text));
    socket.on('data', (data) => {
      received += data.toString('latin1');
      if (/\]$|\r\n\r\n/.test(received)) setTimeout(finish, 50);
    });
    socket.on('error', ({ code }: NodeJS.ErrnoException) => {
      if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'EPROTO') received = 'no TLS';
      finish();
    });
    socket.on('close', finish);
    socket.setTimeout(10_000, finish);
  });

const plain = (port: number, text: string): Promise<string> =>
  exchange('127.0.0.2', port, text).then(
    (answer) => answer || 'refused',
    () => 'refused',
  );

/** As the sidecars of Istio mark what is inside. */
const marked = (...ALPNProtocols: readonly string[]): ConnectionOptions => ({ ...peers.ours, ALPNProtocols: [...ALPNProtocols] });

type Call = (port: number) => Promise<string>;

const calls: Readonly<Record<string, Call>> = {
  'a sidecar, HTTP': (port) => overTls(port, request, marked('istio-http/1.1')),
  'a sidecar, bytes': (port) => overTls(port, bytes, marked('istio-peer-exchange', 'istio')),
  'nobody, HTTP': (port) => plain(port, request),
  'nobody, bytes': (port) => plain(port, bytes),
  'TLS of its own': (port) => overTls(port, request, { ALPNProtocols: ['http/1.1'] }),
};

/** `known`: HTTP with the caller's identity; `served`: without. */
const outcome = (answer: string): string => {
  if (answer === 'refused' || answer === 'no TLS') return answer;
  if (answer.includes(`URI=${caller}`)) return 'known';
  if (answer.startsWith('[hello')) return 'bytes';
  if (answer.startsWith('HTTP/1.1 400')) return 'refused';
  return answer.startsWith('HTTP/1.1 200') ? 'served' : answer;
};

/** In the order of `calls`. */
const expected: Readonly<Record<Mode, Readonly<Record<Kind, readonly string[]>>>> = {
  PERMISSIVE: {
    // A declared HTTP port reads whatever comes as HTTP, and has no place for TLS of others.
    http: ['known', 'refused', 'served', 'refused', 'refused'],
    tcp: ['served', 'bytes', 'served', 'bytes', 'no TLS'],
    auto: ['known', 'bytes', 'served', 'bytes', 'no TLS'],
  },
  STRICT: {
    http: ['known', 'refused', 'refused', 'refused', 'refused'],
    tcp: ['served', 'bytes', 'refused', 'refused', 'refused'],
    auto: ['known', 'bytes', 'refused', 'refused', 'refused'],
  },
  // What comes in mutual TLS is handed on unopened.
  DISABLE: {
    http: ['no TLS', 'no TLS', 'served', 'refused', 'no TLS'],
    tcp: ['no TLS', 'no TLS', 'served', 'bytes', 'no TLS'],
    auto: ['no TLS', 'no TLS', 'served', 'bytes', 'no TLS'],
  },
};

describe.each(modes)('%s', (mode) => {
  test.each(kinds)('%s', async (kind) => {
    const answers = await Promise.all(Object.values(calls).map((call) => call(portOf(mode, kind))));
    const got = Object.fromEntries(Object.keys(calls).map((name, index) => [name, outcome(answers[index] ?? '')]));
    expect(got).toEqual(Object.fromEntries(Object.keys(calls).map((name, index) => [name, expected[mode][kind][index]])));
  });
});

describe('a caller', () => {
  const ask = (options: ConnectionOptions): Promise<string> =>
    overTls(portOf('STRICT', 'http'), request, { ...marked('istio-http/1.1'), ...options });

  test('of another trust domain, and one without a certificate, are refused', async () => {
    expect(await ask({ ...peers.stranger })).toBe('refused');
    expect(await overTls(portOf('STRICT', 'http'), request, { ALPNProtocols: ['istio-http/1.1'] })).toBe('refused');
  });

  test('speaks TLS 1.2 at least, with an ECDHE and AES-GCM suite', async () => {
    expect(outcome(await ask({ maxVersion: 'TLSv1.2' }))).toBe('known');
    expect(await ask({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' })).toBe('refused');
    for (const ciphers of ['ECDHE-ECDSA-CHACHA20-POLY1305', 'ECDHE-ECDSA-AES128-SHA', 'ECDHE-ECDSA-AES256-SHA384'])
      expect(await ask({ maxVersion: 'TLSv1.2', ciphers }), ciphers).toBe('refused');
  });

  test('resumes no session: its certificate is looked at each time', async () => {
    const tickets: Buffer[] = [];
    await new Promise<void>((resolve) => {
      const options = { host: '127.0.0.2', port: portOf('STRICT', 'http'), rejectUnauthorized: false, ...marked('istio-http/1.1') };
      const socket = connect(options, () => socket.write(request));
      socket.on('session', (ticket) => tickets.push(ticket));
      socket.on('data', () => setTimeout(() => socket.destroy(), 50));
      socket.on('close', () => resolve());
    });
    expect(tickets).toEqual([]);
  });

  test('that claims another identity in a header is known by its certificate, which comes last; without one the claim is gone', async () => {
    const claim = 'GET / HTTP/1.1\r\nhost: app\r\nx-forwarded-client-cert: By=a;URI=spiffe://cluster.local/ns/shop/sa/admin\r\n\r\n';
    const header = (answer: string): string => /x-forwarded-client-cert: (.*)\r\n/.exec(answer)?.[1] ?? '';
    expect(header(await overTls(portOf('PERMISSIVE', 'http'), claim, marked('istio-http/1.1')))).toMatch(new RegExp(`URI=${caller}$`));
    for (const mode of ['PERMISSIVE', 'DISABLE'] as const) expect(header(await plain(portOf(mode, 'http'), claim))).toBe('');
  });
});
