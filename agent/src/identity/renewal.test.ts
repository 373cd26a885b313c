import fc from 'fast-check';
import { expect, test } from 'vitest';
import { renewalTime, retryDelay } from './renewal.ts';

const share = fc.double({ min: 0, max: 0.999, noNaN: true });

test('renewal is due around half life, counted from the day of issue and not from a date that was set back', () => {
  expect(renewalTime({ issuedAt: 1000, notAfter: 2000 }, 0.5)).toBe(1500);
  expect(renewalTime({ issuedAt: 1000, notAfter: 2000 }, 0)).toBe(1475);
  expect(renewalTime({ issuedAt: 1000, notAfter: 2000 }, 0.999)).toBeLessThan(1526);
});

test('an outage of 0.44 of a life costs no certificate, whenever it begins', () => {
  const life = fc.integer({ min: 60_000, max: 86_400_000 });
  fc.assert(
    fc.property(life, share, fc.array(share, { minLength: 200, maxLength: 200 }), share, (notAfter, jitter, retries, begin) => {
      const start = begin * notAfter;
      const end = start + 0.44 * notAfter;
      let time = renewalTime({ issuedAt: 0, notAfter }, jitter);
      for (let failures = 1; time >= start && time < end; failures += 1) {
        time += retryDelay({ failures, life: notAfter, random: retries[failures % retries.length] ?? 0 });
      }
      expect(time).toBeLessThan(notAfter);
    }),
  );
});

test('retries begin at half a second and never come further apart than 75 s', () => {
  expect(retryDelay({ failures: 1, life: 86_400_000, random: 0.5 })).toBe(500);
  expect(retryDelay({ failures: 2, life: 86_400_000, random: 0.5 })).toBe(1000);
  expect(retryDelay({ failures: 1000, life: 86_400_000, random: 0.999 })).toBeLessThan(75_000);
});
