/** Requests whose sender does not hold the key: 440 here, 10,000 in the long run, and none gets a certificate. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Caller } from './caller.ts';
import { type Fixture, instance, makeCsr, makeFixture, webCaller } from './fixture.ts';
import { makeKeyHolders } from './holders.ts';
import { chance, patience } from './mutation.fixture.ts';
import { makeKeys, x509 } from './x509.ts';

const [each, stolen] = process.env.WEFT_LONG === '1' ? [3_400, 3_400] : [200, 40];

let fixture: Fixture;
beforeAll(async () => {
  fixture = await makeFixture();
  fixture.instances.push(instance('shop', 'web-1'), instance('pay', 'ledger-0', { serviceAccount: 'ledger' }));
});
afterAll(() => fixture.close());

const thief: Caller = { identity: { ...webCaller.identity, namespace: 'pay', serviceAccount: 'ledger' }, by: 'token' };

const issued = async (caller: Caller, requests: AsyncIterable<string>): Promise<number> => {
  let count = 0;
  for await (const csr of requests) if ((await fixture.ca.issue(csr, caller)).ok) count += 1;
  return count;
};

async function* withWrongKeys() {
  const theirs = await Promise.all(Array.from({ length: 20 }, makeKeys));
  const mine = await Promise.all(Array.from({ length: 20 }, makeKeys));
  for (let index = 0; index < each; index += 1) {
    const [{ publicKey } = await makeKeys(), { privateKey } = await makeKeys()] = [theirs[index % 20], mine[Math.floor(index / 20) % 20]];
    yield await makeCsr({ keys: { publicKey, privateKey } });
  }
}

/** What is signed is all but the outermost frame, the algorithm and the signature, which are the last 84 bytes or so. */
async function* altered() {
  const random = chance(20_266);
  const good = Buffer.from((await makeCsr()).replace(/-----[^-]+-----/g, ''), 'base64');
  for (let index = 0; index < each; index += 1) {
    const bytes = Buffer.from(good);
    const at = 3 + random(bytes.length - 90);
    bytes[at] = (bytes[at] ?? 0) ^ (1 + random(255));
    yield x509.PemConverter.encode(bytes, 'CERTIFICATE REQUEST');
  }
}

/** Requests of others, who have their certificates. */
async function* seen() {
  for (let index = 0; index < stolen; index += 1) {
    const csr = await makeCsr();
    expect((await fixture.ca.issue(csr, webCaller)).ok).toBe(true);
    yield csr;
  }
}

test.each([
  ['signed with another key', withWrongKeys],
  ['altered', altered],
  ['of others, with a token of one’s own', seen],
] as const)(`requests that are %s`, { timeout: patience }, async (_, requests) => {
  expect(await issued(thief, requests())).toBe(0);
});

test('one’s own may come again, as after a lost answer', async () => {
  const csr = await makeCsr();
  for (let times = 0; times < 2; times += 1) expect((await fixture.ca.issue(csr, webCaller)).ok).toBe(true);
});

test('a key is free again when its certificate has ended, and not for being asked for by others', () => {
  let time = 0;
  const holders = makeKeyHolders({ life: 1_000, now: () => time });
  const key = new Uint8Array([1]);
  expect(holders.claim(key, 'a')).toBe(true);
  time = 900;
  expect(holders.claim(key, 'b')).toBe(false);
  time = 1_000;
  expect(holders.claim(key, 'b')).toBe(true);
  expect(holders.claim(key, 'a')).toBe(false);
});
