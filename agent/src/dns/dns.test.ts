import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { decode, encode, type Packet, type RecordType } from 'dns-packet';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { answer, type Names, truncated, udpLimit } from './answer.ts';
import { leavesByIPv6, parseResolver, type Resolver, serveForwarder } from './forwarder.ts';
import { exchange, frame, onMessages } from './frames.ts';
import { type DnsServer, serveDns } from './server.ts';

const many = Array.from({ length: 60 }, (_, index) => `10.244.1.${index}`);
const mesh: Names = {
  dnsDomain: 'cluster.local',
  aliases: {
    'other.shop.svc.cluster.local': 'catalog.shop.svc.cluster.local',
    'abroad.shop.svc.cluster.local': 'www.example.test',
    'itself.shop.svc.cluster.local': 'itself.shop.svc.cluster.local',
  },
  names: {
    'catalog.shop.svc.cluster.local': ['10.96.0.10'],
    'headless.shop.svc.cluster.local': many,
    'api.example.com': ['240.240.0.1'],
    'both.shop.svc.cluster.local': ['10.96.0.11', 'fd00:10:96::60:b'],
    '*.wild.example.com': ['240.240.0.2'],
    '*.com.example.org': ['240.240.0.3'],
  },
};

const question = (name: string, type: RecordType = 'A', extra: Partial<Packet> = {}): Buffer =>
  encode({ type: 'query', id: 7, flags: 0x100, questions: [{ type, name }], ...extra } as Packet);

const ask = (name: string, type: RecordType = 'A') => {
  const reply = answer(question(name, type), mesh);
  if (reply.kind !== 'answer') return reply.kind;
  const packet = decode(reply.message) as unknown as Packet & { rcode: string };
  return { rcode: packet.rcode, data: packet.answers?.map((record) => ('data' in record ? record.data : '')) };
};

test('names of the mesh have addresses, in any case and by wildcard', () => {
  expect(ask('catalog.shop.svc.cluster.local')).toEqual({ rcode: 'NOERROR', data: ['10.96.0.10'] });
  expect(ask('CataLog.Shop.svc.cluster.LOCAL')).toEqual({ rcode: 'NOERROR', data: ['10.96.0.10'] });
  expect(ask('a.b.wild.example.com')).toEqual({ rcode: 'NOERROR', data: ['240.240.0.2'] });
  expect(ask('wild.example.com')).toBe('forward');
});

test('another type of a known name is an empty answer, an unknown name of the cluster does not exist', () => {
  for (const type of ['AAAA', 'TXT', 'SRV', 'MX'] as const) expect(ask('api.example.com', type)).toEqual({ rcode: 'NOERROR', data: [] });
  expect(ask('nothing.shop.svc.cluster.local')).toEqual({ rcode: 'NXDOMAIN', data: [] });
  expect(ask('10.0.96.10.in-addr.arpa', 'PTR')).toEqual({ rcode: 'NXDOMAIN', data: [] });
  expect(ask('example.com.shop.svc.cluster.local')).toEqual({ rcode: 'NXDOMAIN', data: [] });
  expect(ask('example.com')).toBe('forward');
  expect(ask('__proto__')).toBe('forward');
});

test('each family is asked for by its own type', () => {
  expect(ask('both.shop.svc.cluster.local')).toEqual({ rcode: 'NOERROR', data: ['10.96.0.11'] });
  expect(ask('both.shop.svc.cluster.local', 'AAAA')).toEqual({ rcode: 'NOERROR', data: ['fd00:10:96::60:b'] });
});

test('malformed messages never throw', () => {
  expect(answer(Buffer.alloc(3), mesh).kind).toBe('drop');
  expect(answer(Buffer.concat([question('x.y').subarray(0, 14)]), mesh).kind).toBe('answer');
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      const message = Buffer.from(bytes);
      answer(message, mesh);
      udpLimit(message);
      if (message.length >= 12) truncated(message, 12);
    }),
    { numRuns: 2_000 },
  );
});

let directory = '';
let server: DnsServer;
let hasIPv6 = true;
const closers: (() => void)[] = [];
/** A resolver outside the mesh: one address by UDP; `big.test` is cut and only whole by TCP. */
const outside = async (): Promise<Resolver> => {
  const respond = (query: Buffer, cut: boolean): Buffer => {
    const packet = decode(query);
    const name = packet.questions?.[0]?.name ?? '';
    const found =
      packet.questions?.[0]?.type === 'AAAA'
        ? [
            { type: 'CNAME' as const, name, ttl: 1, data: 'www.example.test' },
            { type: 'AAAA' as const, name: 'www.example.test', ttl: 1, data: '2001:db8::1' },
          ]
        : [{ type: 'A' as const, name, ttl: 1, data: '192.0.2.1' }];
    const answers = name === 'big.test' && cut ? [] : found;
    return encode({
      type: 'response',
      id: packet.id ?? 0,
      flags: name === 'big.test' && cut ? 0x200 : 0,
      questions: packet.questions ?? [],
      answers,
    });
  };
  const udp = createSocket('udp4').bind(0, '127.0.0.1');
  udp.on('message', (query, peer) => udp.send(respond(query, true), peer.port, peer.address));
  await once(udp, 'listening');
  const tcp = createServer((socket) =>
    onMessages(
      socket.on('error', () => {}),
      (query) => socket.write(frame(respond(query, false))),
    ),
  );
  tcp.listen(udp.address().port, '127.0.0.1');
  await once(tcp, 'listening');
  closers.push(
    () => udp.close(),
    () => tcp.close(),
  );
  return { address: '127.0.0.1', port: udp.address().port };
};

/** On a port that is free for UDP and TCP alike: what the kernel gives for one may be taken for the other. */
const served = async (input: Pick<Parameters<typeof serveDns>[0], 'names' | 'forwarder'>, left = 20): Promise<DnsServer> => {
  try {
    return await serveDns({ address: '127.0.0.1', port: 0, ...input });
  } catch (error) {
    if (left === 0 || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    return served(input, left - 1);
  }
};

beforeAll(async () => {
  directory = await mkdtemp(`${tmpdir()}/weft-dns-`);
  const resolver = await outside();
  const silent = { address: '127.0.0.1', port: 1 };
  const forwarder = await serveForwarder(`${directory}/dns.sock`, { resolvers: () => [silent, resolver], hasIPv6: async () => hasIPv6 });
  server = await served({ names: () => mesh, forwarder: `${directory}/dns.sock` });
  closers.push(forwarder.close, server.close);
});
afterAll(async () => {
  for (const close of closers) close();
  await rm(directory, { recursive: true });
});

const overUdp = async (query: Buffer): Promise<Packet> => {
  const socket = createSocket('udp4');
  socket.send(query, server.port, '127.0.0.1');
  const [message] = await once(socket, 'message');
  socket.close();
  return decode(message);
};
const overTcp = async (query: Buffer): Promise<Packet> =>
  decode(await exchange(() => createConnection(server.port, '127.0.0.1'), query, 2_000));

test('where the host has no way by IPv6, the IPv6 addresses of hosts outside are not told, but that they exist', async () => {
  const told = async () => (await overUdp(question('example.com', 'AAAA'))).answers?.map(({ type }) => type);
  expect(await told()).toEqual(['CNAME', 'AAAA']);
  hasIPv6 = false;
  expect(await told()).toEqual(['CNAME']);
  expect(await overUdp(question('example.com', 'AAAA'))).toMatchObject({ id: 7, rcode: 'NOERROR', type: 'response' });
  expect((await overUdp(question('example.com'))).answers).toHaveLength(1);
  hasIPv6 = true;
});

const routeLine = (destination: string, length: string, flags: string, device = 'eth0'): string =>
  `${destination.padEnd(32, '0')} ${length} ${'0'.repeat(32)} 00 ${'0'.repeat(32)} 00000400 00000001 00000000 ${flags} ${device}`;

test.each([
  [true, 'a default route', routeLine('', '00', '00450003')],
  [true, 'a route to all global addresses', routeLine('2', '03', '00000003')],
  [false, 'one that refuses', routeLine('', '00', '00200200', 'lo')],
  [false, 'one that refuses, with a device', routeLine('', '00', '00200201')],
  [false, 'the own link and addresses only', `${routeLine('fe8', '40', '00000001')}\n${routeLine('fd00', '40', '00000001')}`],
  [false, 'nothing', ''],
])('%s: a way out by IPv6 is %s', (expected, _, table) => {
  expect(leavesByIPv6(table)).toBe(expected);
});

test('questions come over IPv6 too, by UDP and TCP', async (context) => {
  const other = await serveDns({ address: '::1', port: 0, names: () => mesh, forwarder: `${directory}/dns.sock` }).catch(() => undefined);
  if (!other) return context.skip('this machine has no IPv6');
  closers.push(other.close);
  const socket = createSocket('udp6');
  socket.send(question('catalog.shop.svc.cluster.local'), other.port, '::1');
  const [message] = await once(socket, 'message');
  socket.close();
  expect(decode(message)).toMatchObject({ answers: [{ data: '10.96.0.10' }] });
  const overTcp6 = await exchange(() => createConnection(other.port, '::1'), question('headless.shop.svc.cluster.local'), 2_000);
  expect(decode(overTcp6).answers).toHaveLength(60);
});

test('a long answer is cut over UDP, whole over TCP and whole where the asker has room', async () => {
  const cut = await overUdp(question('headless.shop.svc.cluster.local'));
  expect(cut).toMatchObject({ id: 7, flag_tc: true, answers: [] });
  expect((await overTcp(question('headless.shop.svc.cluster.local'))).answers).toHaveLength(60);
  const room = [{ type: 'OPT', name: '.', udpPayloadSize: 4096, flags: 0, options: [] }] as unknown as Packet['additionals'];
  expect((await overUdp(question('headless.shop.svc.cluster.local', 'A', { additionals: room as never }))).answers).toHaveLength(60);
});

test('other names come from the host, past a resolver that fails, over TCP where cut', async () => {
  expect((await overUdp(question('example.com'))).answers?.[0]).toMatchObject({ data: '192.0.2.1' });
  expect((await overUdp(question('big.test'))).answers?.[0]).toMatchObject({ data: '192.0.2.1' });
});

test('an alias comes with what it stands for, here or outside; one for itself fails', async () => {
  const inside = await overUdp(question('Other.shop.svc.cluster.local'));
  expect(inside.questions).toMatchObject([{ name: 'Other.shop.svc.cluster.local' }]);
  expect(inside.answers).toMatchObject([
    { type: 'CNAME', name: 'Other.shop.svc.cluster.local', data: 'catalog.shop.svc.cluster.local' },
    { type: 'A', name: 'catalog.shop.svc.cluster.local', data: '10.96.0.10' },
  ]);
  expect((await overTcp(question('abroad.shop.svc.cluster.local'))).answers).toMatchObject([
    { data: 'www.example.test' },
    { name: 'www.example.test', data: '192.0.2.1' },
  ]);
  expect((await overUdp(question('other.shop.svc.cluster.local', 'AAAA'))).answers).toMatchObject([{ type: 'CNAME' }]);
  expect(await overUdp(question('itself.shop.svc.cluster.local'))).toMatchObject({ rcode: 'SERVFAIL' });
});

test('without the forwarder the answer is SERVFAIL, and the mesh still has its names', async () => {
  const alone = await served({ names: () => mesh, forwarder: `${directory}/none.sock` });
  closers.push(alone.close);
  const query = async (name: string) => decode(await exchange(() => createConnection(alone.port, '127.0.0.1'), question(name), 2_000));
  expect(await query('example.com')).toMatchObject({ id: 7, rcode: 'SERVFAIL' });
  expect(await query('api.example.com')).toMatchObject({ rcode: 'NOERROR' });
});

test('resolvers are read as the platform writes them', () => {
  expect(parseResolver('10.0.0.1')).toEqual({ address: '10.0.0.1', port: 53 });
  expect(parseResolver('10.0.0.1:5353')).toEqual({ address: '10.0.0.1', port: 5353 });
  expect(parseResolver('fe80::1')).toEqual({ address: 'fe80::1', port: 53 });
  expect(parseResolver('[::1]:5353')).toEqual({ address: '::1', port: 5353 });
});

test('who asks without reading answers is not listened to for ever', async () => {
  let answered = 0;
  const names = (): Names => {
    answered++;
    return mesh;
  };
  const counting = await served({ names, forwarder: `${directory}/none.sock` });
  const greedy = createConnection(counting.port, '127.0.0.1').pause();
  greedy.on('error', () => {});
  // A kilobyte for each answer: more than the kernel holds for one connection.
  const asked = frame(question('headless.shop.svc.cluster.local'));
  const total = 40_000;
  greedy.write(Buffer.concat(Array.from({ length: total }, () => asked)));
  for (let before = -1; before !== answered; ) {
    before = answered;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  expect(answered).toBeGreaterThan(0);
  expect(answered).toBeLessThan(total);
  greedy.destroy();
  counting.close();
});
