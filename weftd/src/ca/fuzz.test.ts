/** Requests, tokens and certificates of garbled bytes: none is believed, none is a crash, and nothing of them stays in memory. */
import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkCsr } from './csr.ts';
import { type Fixture, instance, makeCsr, makeFixture, webCaller } from './fixture.ts';
import { type Chance, chance, heldMiB, mutated, patience, share } from './mutation.fixture.ts';
import { makeKeys, x509 } from './x509.ts';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await makeFixture();
  fixture.instances.push(instance('shop', 'web-1'), instance('pay', 'ledger-0', { serviceAccount: 'ledger' }));
});
afterAll(() => fixture.close());

/** @returns what was believed though it should not have been; the first fifth fills caches, after it memory is flat */
const attacked = async (times: number, attack: (random: Chance) => Promise<string | undefined>): Promise<readonly string[]> => {
  const random = chance(20_265);
  const wrong: string[] = [];
  let held = 0;
  for (let index = 0; index < times; index += 1) {
    if (index === Math.floor(times / 5)) held = heldMiB();
    const believed = await attack(random);
    if (believed !== undefined) wrong.push(believed);
  }
  expect(heldMiB() - held).toBeLessThan(8);
  return wrong;
};

test(
  'CSRs: what is accepted is the request that was garbled, for its own key',
  async () => {
    const keys = await makeKeys();
    const wish = new x509.SubjectAlternativeNameExtension([{ type: 'url', value: 'spiffe://cluster.local/ns/pay/sa/ledger' }]);
    const good = Buffer.from((await makeCsr({ keys, extensions: [wish] })).replace(/-----[^-]+-----/g, ''), 'base64');
    const own = Buffer.from(await crypto.subtle.exportKey('spki', keys.publicKey)).toString('hex');
    let refused = 0;
    const wrong = await attacked(share(0.4), async (random) => {
      const bytes = mutated(good, random);
      const pem = x509.PemConverter.encode(bytes, 'CERTIFICATE REQUEST');
      // The armour is garbled too, now and then.
      const answer = await checkCsr(random(8) === 0 ? mutated(Buffer.from(pem), random).toString('latin1') : pem);
      if (!answer.ok) refused += 1;
      return answer.ok && Buffer.from(answer.publicKey.rawData).toString('hex') !== own ? bytes.toString('hex') : undefined;
    });
    expect(wrong).toEqual([]);
    expect(refused).toBeGreaterThan(share(0.3));
  },
  patience,
);

test(
  'tokens: what is believed says what it said before',
  async () => {
    const minted = await fixture.ca.mint({ namespace: 'shop', serviceAccount: 'default', pod: { name: 'web-1', uid: 'uid-shop-web-1' } });
    const good = minted.ok ? minted.token.token : '';
    const proven = JSON.stringify(await fixture.ca.authenticate({ authorization: `Bearer ${good}` }));
    const parts = good.split('.');
    const wrong = await attacked(share(0.2), async (random) => {
      const at = random(3);
      const part = mutated(Buffer.from(parts[at] ?? '', 'base64url'), random).toString('base64url');
      const token = random(2) === 0 ? parts.with(at, part).join('.') : mutated(Buffer.from(good), random).toString('latin1');
      const answer = await fixture.ca.authenticate({ authorization: `Bearer ${token}` });
      return answer.ok && JSON.stringify(answer) !== proven ? token : undefined;
    });
    expect(wrong).toEqual([]);
  },
  patience,
);

test(
  'certificates: what is believed says what it said before',
  async () => {
    const issued = await fixture.ca.issue(await makeCsr(), webCaller);
    if (!issued.ok) throw new Error(issued.reason);
    const good = new X509Certificate(issued.certificate.chain[0] ?? '').raw;
    const proven = JSON.stringify(await fixture.ca.authenticate({ certificate: good }));
    expect(JSON.parse(proven)).toMatchObject({ ok: true });
    const wrong = await attacked(share(0.2), async (random) => {
      const certificate = mutated(good, random);
      const answer = await fixture.ca.authenticate({ certificate });
      return answer.ok && JSON.stringify(answer) !== proven ? certificate.toString('hex') : undefined;
    });
    expect(wrong).toEqual([]);
  },
  patience,
);
