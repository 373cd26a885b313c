/**
 * RSA keys that have the right form and no strength: their factors are found with little arithmetic, and have been. What Boulder's
 * `goodkey` looks for, but for its lists of single keys; the whole costs a millisecond.
 */

const primesBelow = (end: number): readonly number[] => {
  const found: number[] = [];
  for (let number = 2; number < end; number += 1) if (found.every((prime) => number % prime !== 0)) found.push(number);
  return found;
};

const smallPrimes = primesBelow(752);

const hasSmallFactor = (modulus: bigint): boolean => smallPrimes.some((prime) => modulus % BigInt(prime) === 0n);

/** The largest number whose square is not above it, by Newton's method. */
const rootOf = (square: bigint): bigint => {
  if (square === 0n) return 0n;
  let root = 1n << BigInt(2 * square.toString(16).length + 1);
  for (;;) {
    const next = (root + square / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
};

/** What squares leave of division by 64: most other numbers are known by it. */
const squaresBy64 = new Set(Array.from({ length: 64 }, (_, number) => (number * number) % 64));

const isSquare = (number: bigint): boolean => squaresBy64.has(Number(number & 63n)) && rootOf(number) ** 2n === number;

/** Boulder's number; primes made as they should be are never so near each other. */
const fermatRounds = 110;

/** Primes near each other (CVE-2022-26320): Fermat's method finds them at once. */
const hasNearFactors = (modulus: bigint): boolean => {
  let middle = rootOf(modulus - 1n) + 1n;
  let difference = middle ** 2n - modulus;
  for (let round = 0; round < fermatRounds; round += 1) {
    if (isSquare(difference)) return true;
    difference += 2n * middle + 1n;
    middle += 1n;
  }
  return false;
};

/** What a chip's faulty generator left of division by small primes (ROCA, CVE-2017-15361): powers of 65537 and nothing else. */
const rocaMarks = smallPrimes
  .filter((prime) => prime > 2 && prime <= 167)
  .map((prime) => {
    const powers = new Set<number>();
    for (let power = 1; !powers.has(power); power = (power * 65_537) % prime) powers.add(power);
    return { prime: BigInt(prime), powers };
  });

const hasRocaMark = (modulus: bigint): boolean => rocaMarks.every(({ prime, powers }) => powers.has(Number(modulus % prime)));

/** @returns what is weak about it; undefined if nothing is known */
export const weaknessOf = (modulus: bigint): string | undefined => {
  if (hasSmallFactor(modulus)) return 'has a small factor';
  if (hasRocaMark(modulus)) return 'is of a faulty generator (ROCA)';
  return hasNearFactors(modulus) ? 'has factors near each other' : undefined;
};
