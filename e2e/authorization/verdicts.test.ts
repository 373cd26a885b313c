/**
 * Random policies and random requests, through `explain` and through a real Envoy with what `emit` made of the policies: both say the
 * same of every request, and name the same rule. At workloads and at gateways, behind proxies too, over HTTP/1.1 and HTTP/2, read as
 * strictly as here or as Istio does, with tokens, and with authorizers whose answers are known.
 */
import { expect, test } from 'vitest';
import { agreement } from './agreement.ts';
import { connectionAgreement } from './connection-agreement.ts';

const isLong = Boolean(process.env.WEFT_LONG);
const [policies, requests] = isLong ? [50, 500] : [40, 50]; // 100,000 or 2,000 in all

test.each(Array.from({ length: isLong ? 4 : 1 }, (_, index) => index))(
  'explain and Envoy agree on requests, round %i',
  { timeout: isLong ? 3_400_000 : 300_000 },
  async (round) => {
    const seed = isLong ? (Date.now() + round) % 2 ** 32 : 20_263;
    const { asked, allowed, delegated, refusedByOthers, differences, untold } = await agreement({ seed, policies, requests });
    expect(differences.slice(0, 10), `seed ${seed}`).toEqual([]);
    // From the id that the caller got to the reason [G21].
    expect(untold.slice(0, 10)).toEqual([]);
    expect(asked).toBe(policies * requests);
    // All happen often, or nothing is tested.
    expect(Math.min(allowed, asked - allowed)).toBeGreaterThan(asked / 8);
    expect(Math.min(refusedByOthers, delegated - refusedByOthers)).toBeGreaterThan(asked / 100);
  },
);

test('explain and Envoy agree on connections', { timeout: isLong ? 3_400_000 : 300_000 }, async () => {
  const seed = isLong ? Date.now() % 2 ** 32 : 20_264;
  const size = isLong ? { policies: 60, requests: 200 } : { policies: 24, requests: 20 };
  const { asked, allowed, differences, untold } = await connectionAgreement({ seed, ...size });
  expect(differences.slice(0, 10), `seed ${seed}`).toEqual([]);
  expect(untold.slice(0, 10), `seed ${seed}`).toEqual([]);
  expect(asked).toBe(size.policies * size.requests);
  expect(Math.min(allowed, asked - allowed)).toBeGreaterThan(asked / 8);
});
