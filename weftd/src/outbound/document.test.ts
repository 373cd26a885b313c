/** A hundred ways to make weftd ask somebody inside, none of which may reach anyone. */
import type { LookupAddress } from 'node:dns';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type DocumentLimits, fetchText } from './document.ts';
import type { Resolve } from './guard.ts';
import { selfSigned } from './self-signed.fixture.ts';

/** The one server that somebody inside has; whatever reaches it has got through. */
let inside: Server;
let port = 0;
let reached = 0;

/** A server that may be asked, at 127.0.0.2, and leads wherever it is told. */
let guide: Server;
let guidePort = 0;
let answer: (request: IncomingMessage, response: ServerResponse) => void;

const listen = (server: Server, host: string): Promise<number> =>
  new Promise((resolve) => {
    server.listen(0, host, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : 0);
    });
  });

beforeAll(async () => {
  inside = createServer((_, response) => response.end('{"keys":[]}'));
  inside.on('connection', () => {
    reached += 1;
  });
  port = await listen(inside, '0.0.0.0');
  guide = createServer((request, response) => answer(request, response));
  guidePort = await listen(guide, '127.0.0.2');
});

afterAll(() => {
  for (const server of [inside, guide]) server.closeAllConnections();
  inside.close();
  guide.close();
});

beforeEach(() => {
  reached = 0;
});

const family = (address: string): 4 | 6 => (address.includes(':') ? 6 : 4);
const answering =
  (...addresses: readonly string[]): Resolve =>
  async () =>
    addresses.map((address): LookupAddress => ({ address, family: family(address) }));

const nobody: Resolve = () => Promise.reject(new Error('no such name'));
const limits = { timeout: 2000, maxBytes: 128 * 1024, allowed: ['127.0.0.2/32'] };

type Within = DocumentLimits & { readonly allowed: readonly string[] };

const fetch = (address: string, { allowed, ...within }: Within, resolve: Resolve): Promise<string> =>
  fetchText(address, within, { allowed, resolve });

/** Addresses of this machine, its neighbours and its cloud. */
const forbidden = [
  ...['127.0.0.1', '127.0.0.3', '127.255.255.254', '0.0.0.0', '0.1.2.3', '10.0.0.1', '10.96.0.1', '172.16.0.1', '172.31.255.255'],
  ...['192.168.0.1', '169.254.169.254', '169.254.20.1', '100.64.0.1', '100.100.100.200', '168.63.129.16', '192.0.0.192', '198.18.0.1'],
  ...['224.0.0.1', '255.255.255.255', '240.0.0.1', '192.0.2.1', '203.0.113.9'],
  ...['::1', '::', '::ffff:127.0.0.1', '::ffff:10.0.0.1', '::ffff:169.254.169.254', '::127.0.0.1', '::ffff:0:127.0.0.1'],
  ...['64:ff9b::7f00:1', '64:ff9b::a9fe:a9fe', '64:ff9b:1::7f00:1', '2002:7f00:1::', '2002:a9fe:a9fe::1', '2001::1', '2001:db8::1'],
  ...['fe80::1', 'fc00::1', 'fd00:ec2::254', 'fd00:10:244::1', 'fec0::1', 'ff02::1', '100::1', '5f00::1', '3fff::1'],
];

const bracketed = (address: string): string => (address.includes(':') ? `[${address}]` : address);

/** Other spellings of 127.0.0.1 and 169.254.169.254 that URLs know. */
const spellings = [
  ...['2130706433', '0x7f000001', '0x7f.1', '0177.0.0.1', '127.1', '127.0.1', '0x7F.0x0.0x0.0x1', '①②⑦.0.0.1', '127。0。0。1'],
  ...['2852039166', '0xa9fea9fe', '0251.0376.0251.0376', '[::ffff:7f00:1]', '[0:0:0:0:0:ffff:127.0.0.1]', '[::ffff:a9fe:a9fe]', '0'],
];

interface Attempt {
  readonly what: string;
  readonly run: () => Promise<string>;
}

const attempts = (): readonly Attempt[] => [
  ...forbidden.map((address) => ({
    what: `an address: ${address}`,
    run: () => fetch(`http://${bracketed(address)}:${port}/`, limits, nobody),
  })),
  ...spellings.map((host) => ({ what: `a spelling: ${host}`, run: () => fetch(`http://${host}:${port}/`, limits, nobody) })),
  ...forbidden.map((address) => ({
    what: `a name with the address ${address}`,
    run: () => fetch(`http://keys.example:${port}/`, limits, answering(address)),
  })),
  ...forbidden.slice(0, 10).map((address) => ({
    what: `a redirect to ${address}`,
    run: () => {
      answer = (_, response) => response.writeHead(302, { location: `http://${bracketed(address)}:${port}/` }).end();
      return fetch(`http://127.0.0.2:${guidePort}/`, limits, nobody);
    },
  })),
  {
    what: 'a name that is judged at one address and connected to at another',
    run: () => {
      let asked = 0;
      const rebinding: Resolve = async () => {
        asked += 1;
        return [{ address: asked === 1 ? '127.0.0.2' : '127.0.0.1', family: 4 }];
      };
      answer = (_, response) => response.writeHead(302, { location: `http://keys.example:${port}/` }).end();
      return fetch(`http://keys.example:${guidePort}/`, limits, rebinding);
    },
  },
  {
    what: 'a way that never ends',
    run: () => {
      answer = (_, response) => response.writeHead(307, { location: '/again' }).end();
      return fetch(`http://127.0.0.2:${guidePort}/`, limits, nobody);
    },
  },
  ...['file:///etc/passwd', 'ftp://127.0.0.2/', 'data:text/plain,x', 'unix:/run/x', 'gopher://127.0.0.2/'].map((address) => ({
    what: `a scheme: ${address}`,
    run: () => fetch(address, limits, nobody),
  })),
  { what: 'credentials', run: () => fetch(`http://me:secret@127.0.0.2:${guidePort}/`, limits, nobody) },
];

test('a hundred attempts reach nobody inside', async () => {
  const all = attempts();
  expect(all.length).toBeGreaterThanOrEqual(100);
  for (const { what, run } of all) await expect(run(), what).rejects.toThrow();
  expect(reached).toBe(0);
});

test('this would be seen: with the network allowed, the server is reached', async () => {
  expect(await fetch(`http://127.0.0.1:${port}/`, { ...limits, allowed: ['127.0.0.0/8'] }, nobody)).toBe('{"keys":[]}');
  expect(await fetch(`http://keys.example:${port}/`, { ...limits, allowed: ['127.0.0.1'] }, answering('127.0.0.1'))).toBe('{"keys":[]}');
  expect(reached).toBe(2);
});

test('link-local addresses and the cloud’s own are nobody’s to allow', async () => {
  const everything = { ...limits, allowed: ['0.0.0.0/0', '::/0'] };
  for (const address of ['169.254.169.254', '168.63.129.16', '[::ffff:169.254.169.254]', '[fe80::1]'])
    await expect(fetch(`http://${address}:${port}/`, everything, nobody)).rejects.toThrow(/is/);
});

describe('of an answer', () => {
  const ask = (work: typeof answer, timeout = 2000) => {
    answer = work;
    return fetch(`http://127.0.0.2:${guidePort}/`, { ...limits, timeout }, nobody);
  };

  test('too much is refused, announced or not', async () => {
    await expect(ask((_, response) => response.end('x'.repeat(200_000)))).rejects.toThrow('larger than 128 KiB');
    const endless = ask((_, response) => {
      const timer = setInterval(() => response.write('x'.repeat(20_000)), 1);
      response.on('close', () => clearInterval(timer));
    });
    await expect(endless).rejects.toThrow('larger than 128 KiB');
  });

  test('one that is slow, packed, cut off or no 200 is refused', async () => {
    await expect(ask(() => {}, 100)).rejects.toThrow(/timeout|aborted/i);
    await expect(ask((_, response) => response.writeHead(200).write('{'), 100)).rejects.toThrow(/timeout|aborted/i);
    await expect(ask((_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('x'))).rejects.toThrow('packed');
    await expect(ask((_, response) => response.writeHead(200, { 'content-length': 10 }).end('x'))).rejects.toThrow();
    await expect(ask((_, response) => response.writeHead(404).end())).rejects.toThrow('the answer is 404');
  });

  test('a redirect or two are followed', async () => {
    const led = await ask((request, response) =>
      request.url === '/there' ? response.end('keys') : response.writeHead(301, { location: '/there' }).end(),
    );
    expect(led).toBe('keys');
  });
});

test('a certificate that nobody trusts is refused, whatever the environment says', async () => {
  const server = createTlsServer(await selfSigned(), (_, response) => response.end('{}'));
  const tlsPort = await listen(server, '127.0.0.2');
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
  try {
    await expect(fetch(`https://127.0.0.2:${tlsPort}/`, limits, nobody)).rejects.toThrow(/certificate/);
  } finally {
    delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    server.close();
  }
});
