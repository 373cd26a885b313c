/** Bytes that an attacker may send in place of good ones: the same for the same seed, and how much memory is held after them. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** A number from 0 up to `below`. */
export type Chance = (below: number) => number;

/** Mulberry32: good enough to choose bytes, and repeatable. */
export const chance = (seed: number): Chance => {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % Math.max(1, below);
  };
};

/** Lengths and tags that parsers stumble over. */
const odd = [0x00, 0x01, 0x30, 0x31, 0x7f, 0x80, 0x81, 0x82, 0x84, 0xa0, 0xfe, 0xff];

const edits: readonly ((bytes: Buffer, random: Chance) => Buffer)[] = [
  (bytes, random) => {
    const at = random(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8));
    return bytes;
  },
  (bytes, random) => {
    bytes[random(bytes.length)] = odd[random(odd.length)] ?? 0;
    return bytes;
  },
  (bytes, random) => bytes.subarray(0, random(bytes.length)),
  (bytes, random) => {
    const at = random(bytes.length);
    return Buffer.concat([bytes.subarray(0, at), Buffer.from([odd[random(odd.length)] ?? 0]), bytes.subarray(at)]);
  },
  (bytes, random) => {
    const [from, to] = [random(bytes.length), random(bytes.length)];
    return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from, from + random(64)), bytes.subarray(to)]);
  },
  (bytes, random) => {
    const at = random(bytes.length);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + random(16))]);
  },
  (_, random) => Buffer.from(Array.from({ length: random(300) }, () => random(256))),
];

/** One to four edits of what was good. */
export const mutated = (good: Uint8Array, random: Chance): Buffer => {
  let bytes: Buffer = Buffer.from(good);
  for (let left = 1 + random(4); left > 0; left -= 1) bytes = edits[random(edits.length)]?.(Buffer.from(bytes), random) ?? bytes;
  return bytes;
};

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** What is held, in MiB: garbage does not count. */
export const heldMiB = (): number => {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 1024 / 1024;
};

export const patience = process.env.WEFT_LONG === '1' ? 3_600_000 : 120_000;

/** 10,000 in all tests of this kind together, 500,000 in the long run. */
export const share = (part: number): number => part * (process.env.WEFT_LONG === '1' ? 500_000 : 10_000);
