/** An issuer that was good and turns hostile: its last good keys stay, each fault is told, and memory stays what it was [S115]. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as immediate, setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { KeySource } from '@weft/compile';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { heldMiB } from '../ca/mutation.fixture.ts';
import { resolveBySystem } from '../outbound/guard.ts';
import type { Kept } from '../store/keys.ts';
import { KeyKeeper } from './keeper.ts';
import { fetchKeysFrom } from './key-set.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => unknown;

let server: Server;
let answer: Answer;
let keeper: KeyKeeper;
let source: KeySource;
let rounds = 0;
/** Questions that are over. */
let over = 0;

const rounded = process.env.WEFT_LONG === '1' ? 400 : 6;
const key = (index: number) => ({ kty: 'EC', crv: 'P-256', kid: `${index}`, x: 'AQAB', y: 'AQAB' });
const keys = (count: number): string => JSON.stringify({ keys: Array.from({ length: count }, (_, index) => key(index)) });

const disk = new Map<string, Kept>();
const kept = {
  at: (name: string) => disk.get(name),
  keep: (name: string, value: Kept) => void disk.set(name, value),
  forget: (name: string) => void disk.delete(name),
};

beforeAll(async () => {
  server = createServer((request, response) => answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  source = { kind: 'keys', address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`, timeout: 300 };
  keeper = new KeyKeeper({
    fetch: (one, allowed) =>
      fetchKeysFrom(one, { allowed, resolve: resolveBySystem }).finally(() => {
        over += 1;
      }),
    now: Date.now,
    kept,
    onChange: () => {},
    warn: () => {},
  });
});
afterAll(() => {
  keeper.stop();
  server.close();
  server.closeAllConnections();
});

/** Asks once more, as for other networks that are allowed, and says what went wrong. */
const ask = async (next: Answer): Promise<string | undefined> => {
  answer = next;
  const before = over;
  rounds += 1;
  keeper.want({ sources: [source], networks: ['127.0.0.1', `10.0.0.${rounds % 250}`] });
  await vi.waitUntil(() => over > before, { timeout: 5000, interval: 2 });
  await immediate();
  return keeper.fault(source)?.why;
};

/** The first time, unless this machine is slower than the issuer may be. */
const told = async (next: Answer, isMeant: (fault: string | undefined) => boolean): Promise<void> => {
  let last: string | undefined;
  for (let tries = 0; tries < 5; tries += 1) {
    last = await ask(next);
    if (isMeant(last)) return;
    expect(last).toMatch(/timeout|aborted/i);
  }
  throw new Error(`five times: ${last}`);
};

const every = (ms: number, work: () => void, response: ServerResponse): void => {
  const timer = setInterval(work, ms);
  response.on('close', () => clearInterval(timer));
};

/** Without what the issuer still has to say. */
const held = async (): Promise<number> => {
  server.closeAllConnections();
  await sleep(300);
  return heldMiB();
};

const huge = Buffer.alloc(8 << 20, ' ');
const bomb = gzipSync(Buffer.alloc(64 << 20, ' '));
const nested = `{"keys":${'['.repeat(50_000)}${']'.repeat(50_000)}}`;

const tricks: readonly (readonly [name: string, answer: Answer, why: RegExp])[] = [
  ['8 MiB at once', (_, response) => response.end(huge), /larger than 128 KiB/],
  ['10,000 keys', (_, response) => response.end(keys(10_000)), /larger than 128 KiB/],
  ['101 keys', (_, response) => response.end(keys(101)), /more than 100 keys/],
  ['nothing, slowly', () => {}, /timeout|aborted/i],
  ['a byte at a time', (_, response) => every(5, () => response.write(' '), response), /timeout|aborted/i],
  ['without end', (_, response) => every(1, () => response.write(huge.subarray(0, 65_536)), response), /larger than 128 KiB/],
  ['a bomb that says what it is', (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb), /packed \(gzip\)/],
  ['a bomb that does not', (_, response) => response.end(bomb.subarray(0, 100_000)), /no key set|JSON/],
  ['a loop', (_, response) => response.writeHead(302, { location: '/keys' }).end(), /leads on more than 3 times/],
  ['a spiral', ({ url }, response) => response.writeHead(302, { location: `${url}/x` }).end(), /leads on more than 3 times/],
  ['headers for ever', (_, response) => response.socket?.write(`HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(20_000)}`), /header/i],
  ['brackets', (_, response) => response.end(nested), /no key of the set/],
  ['no keys', (_, response) => response.end('{"keys":[]}'), /no key/],
];

test(`${rounded} rounds of ${tricks.length} tricks leave the keys and memory as they were`, {
  timeout: 30_000 + rounded * 3000,
}, async () => {
  answer = (_, response) => response.end(keys(2));
  keeper.want({ sources: [source], networks: ['127.0.0.1'] });
  await vi.waitUntil(() => keeper.keys().size === 1, { timeout: 5000 });
  const good = [...keeper.keys()];
  const round = async (): Promise<void> => {
    for (const [name, trick, why] of tricks) {
      await told(trick, (fault) => fault !== undefined && why.test(fault));
      expect([...keeper.keys()], name).toEqual(good);
    }
  };
  await round();
  await round();
  const before = await held();
  for (let index = 2; index < rounded; index += 1) await round();
  expect((await held()) - before).toBeLessThan(8);
  // And when it is itself again, its new keys count.
  await told(
    (_, response) => response.end(keys(3)),
    (fault) => fault === undefined,
  );
  expect([...keeper.keys()]).not.toEqual(good);
  expect([...disk.values()].map((one) => one.keys)).toEqual([...keeper.keys().values()]);
});
