/**
 * MurmurHash3_x86_128 (Austin Appleby, public domain; seed 0): content versions. Not cryptographic, and need not be: a version is
 * only compared with the one before it under the same name. Same bytes, same hash, on every start and every machine.
 */
const c1 = 0x239b961b;
const c2 = 0xab0e9789;
const c3 = 0x38b34ae5;
const c4 = 0xa1e38b93;

const rotate = (x: number, bits: number): number => (x << bits) | (x >>> (32 - bits));

const finish = (x: number): number => {
  let h = x ^ (x >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
};

const mix = (k: number, before: number, bits: number, after: number): number => Math.imul(rotate(Math.imul(k, before), bits), after);

const word = (bytes: Uint8Array, at: number): number =>
  (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24);

/** Up to four bytes of the tail, little-endian; missing ones are zero, which leaves the hash as the reference's fall-through does. */
const tailWord = (bytes: Uint8Array, at: number): number =>
  (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);

const hex = (x: number): string => (x >>> 0).toString(16).padStart(8, '0');

/** @returns 32 hex digits. */
export const contentHash = (bytes: Uint8Array): string => {
  let h1 = 0;
  let h2 = 0;
  let h3 = 0;
  let h4 = 0;
  const blocks = bytes.length & ~15;
  for (let i = 0; i < blocks; i += 16) {
    h1 ^= mix(word(bytes, i), c1, 15, c2);
    h1 = (Math.imul((rotate(h1, 19) + h2) | 0, 5) + 0x561ccd1b) | 0;
    h2 ^= mix(word(bytes, i + 4), c2, 16, c3);
    h2 = (Math.imul((rotate(h2, 17) + h3) | 0, 5) + 0x0bcaa747) | 0;
    h3 ^= mix(word(bytes, i + 8), c3, 17, c4);
    h3 = (Math.imul((rotate(h3, 15) + h4) | 0, 5) + 0x96cd1c35) | 0;
    h4 ^= mix(word(bytes, i + 12), c4, 18, c1);
    h4 = (Math.imul((rotate(h4, 13) + h1) | 0, 5) + 0x32ac3b17) | 0;
  }
  h1 ^= mix(tailWord(bytes, blocks), c1, 15, c2);
  h2 ^= mix(tailWord(bytes, blocks + 4), c2, 16, c3);
  h3 ^= mix(tailWord(bytes, blocks + 8), c3, 17, c4);
  h4 ^= mix(tailWord(bytes, blocks + 12), c4, 18, c1);
  return mixTogether([h1, h2, h3, h4].map((h) => h ^ bytes.length) as [number, number, number, number]);
};

const mixTogether = ([a, b, c, d]: [number, number, number, number]): string => {
  const sum = (a + b + c + d) | 0;
  const [e, f, g, h] = [finish(sum), finish((b + sum) | 0), finish((c + sum) | 0), finish((d + sum) | 0)];
  const total = (e + f + g + h) | 0;
  return hex(total) + hex(f + total) + hex(g + total) + hex(h + total);
};
