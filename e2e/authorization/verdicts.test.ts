/**
 * Random policies and random requests, through `explain` and through a real Envoy with what `emit` made of the policies: both say the
 * same of every request, and name the same rule.
 */
import { expect, test } from 'vitest';
import { agreement } from './agreement.ts';

const isLong = Boolean(process.env.WEFT_LONG);
const [policies, requests] = isLong ? [50, 500] : [40, 50]; // 100,000 or 2,000 in all

test.each(Array.from({ length: isLong ? 4 : 1 }, (_, index) => index))(
  'explain and Envoy agree on requests, round %i',
  { timeout: isLong ? 3_400_000 : 120_000 },
  async (round) => {
    const seed = isLong ? (Date.now() + round) % 2 ** 32 : 20_263;
    const { asked, allowed, differences, untold } = await agreement({ seed, policies, requests });
    expect(differences.slice(0, 10), `seed ${seed}`).toEqual([]);
    // From the id that the caller got to the reason [G21].
    expect(untold.slice(0, 10)).toEqual([]);
    expect(asked).toBe(policies * requests);
    // Both happen often, or nothing is tested.
    expect(Math.min(allowed, asked - allowed)).toBeGreaterThan(asked / 8);
  },
);
