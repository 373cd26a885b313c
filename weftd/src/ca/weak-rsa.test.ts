import { checkPrimeSync, createPublicKey, generateKeyPairSync, generatePrimeSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { keyRefusal } from './key-policy.ts';

const big = (bits: number): bigint => generatePrimeSync(bits, { bigint: true });

const primeAfter = (number: bigint): bigint => {
  let next = number + 2n;
  while (!checkPrimeSync(next)) next += 2n;
  return next;
};

const spkiOf = (modulus: bigint): Buffer => {
  const n = Buffer.from(modulus.toString(16).padStart(1024, '0'), 'hex').toString('base64url');
  return createPublicKey({ key: { kty: 'RSA', n, e: 'AQAB' }, format: 'jwk' }).export({ type: 'spki', format: 'der' });
};

const near = (): bigint => {
  const prime = big(1024);
  return prime * primeAfter(prime);
};

/** A number that divides by none of these, and leaves powers of 65537 of each. */
const marked = (): bigint => {
  const primes = [3n, 5n, 7n, 11n, 13n, 17n, 19n, 23n, 29n, 31n, 37n, 41n, 43n, 47n, 53n, 59n, 61n, 67n, 71n, 73n, 79n, 83n, 89n, 97n];
  const more = [101n, 103n, 107n, 109n, 113n, 127n, 131n, 137n, 139n, 149n, 151n, 157n, 163n, 167n];
  const product = [2n, ...primes, ...more].reduce((all, prime) => all * prime, 1n);
  let number = 65_537n ** 17n % product;
  number += product * ((1n << 2047n) / product + 1n);
  while (keyRefusal(spkiOf(number))?.includes('small factor')) number += product;
  return number;
};

test('a good key is taken', () => {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  expect(keyRefusal(publicKey.export({ type: 'spki', format: 'der' }))).toBeUndefined();
});

/** The least of some: what others do on the machine is not ours. */
const cheapest = (spki: Buffer): number =>
  Math.min(
    ...Array.from({ length: 5 }, () => {
      const before = process.cpuUsage();
      keyRefusal(spki);
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000;
    }),
  );

test.each<[string, () => bigint, string]>([
  ['even', () => (1n << 2047n) + 2n * big(1024), 'small factor'],
  ['with a factor of three digits', () => ((1n << 2047n) / 503n + 2n * big(1024)) * 503n, 'small factor'],
  ['of two primes that follow each other', near, 'near each other'],
  ['of one prime twice', () => big(1024) ** 2n, 'near each other'],
  ['as faulty chips made them', marked, 'ROCA'],
])('a modulus %s is refused, within 20 ms', (_, modulus, why) => {
  const spki = spkiOf(modulus());
  expect(keyRefusal(spki)).toContain(why);
  expect(cheapest(spki)).toBeLessThan(20);
});

test('so is a key of the largest size judged, whose every check is made', () => {
  const spki = spkiOf([big(1024), big(1024), big(1024), big(1024)].reduce((all, prime) => all * prime));
  expect(keyRefusal(spki)).toBeUndefined();
  expect(cheapest(spki)).toBeLessThan(20);
});
