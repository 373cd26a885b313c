/**
 * Content hash: 128 bits of MurmurHash3 (x86, public domain, Austin Appleby) over JSON text with sorted keys.
 * It answers "did this object change?", nothing else: whoever could forge a collision could just as well write the object,
 * so speed counts and a cryptographic hash (a power that a library does not have) would buy nothing.
 */

/** JSON with sorted keys and without absent values: equal content, equal text. */
export const canonical = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const fields = value as Readonly<Record<string, unknown>>;
    let text = '';
    for (const key of Object.keys(fields).sort()) {
      const field = fields[key];
      if (field !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${canonical(field)}`;
    }
    return `{${text}}`;
  }
  return JSON.stringify(value) ?? 'null';
};

const rotate = (x: number, by: number): number => (x << by) | (x >>> (32 - by));

const finish = (x: number): number => {
  let h = x;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
};

const [c1, c2, c3, c4] = [0x239b961b, 0xab0e9789, 0x38b34ae5, 0xa1e38b93];

/** UTF-16 units as they are: two to a word, eight to a block of four words; the tail is filled with zeros. */
const word = (text: string, at: number): number =>
  at >= text.length ? 0 : text.charCodeAt(at) | ((at + 1 < text.length ? text.charCodeAt(at + 1) : 0) << 16);

/** @returns 32 hexadecimal digits. */
export const murmur128 = (text: string): string => {
  let [h1, h2, h3, h4] = [0, 0, 0, 0];
  for (let at = 0; at < text.length; at += 8) {
    h1 ^= Math.imul(rotate(Math.imul(word(text, at), c1), 15), c2);
    h1 = (Math.imul((rotate(h1, 19) + h2) | 0, 5) + 0x561ccd1b) | 0;
    h2 ^= Math.imul(rotate(Math.imul(word(text, at + 2), c2), 16), c3);
    h2 = (Math.imul((rotate(h2, 17) + h3) | 0, 5) + 0x0bcaa747) | 0;
    h3 ^= Math.imul(rotate(Math.imul(word(text, at + 4), c3), 17), c4);
    h3 = (Math.imul((rotate(h3, 15) + h4) | 0, 5) + 0x96cd1c35) | 0;
    h4 ^= Math.imul(rotate(Math.imul(word(text, at + 6), c4), 18), c1);
    h4 = (Math.imul((rotate(h4, 13) + h1) | 0, 5) + 0x32ac3b17) | 0;
  }
  const mixed = [h1, h2, h3, h4].map((h) => h ^ text.length);
  const spread = (words: readonly number[]): number[] => {
    const sum = words.reduce((total, w) => (total + w) | 0, 0);
    return words.map((w, index) => (index === 0 ? sum : (w + sum) | 0));
  };
  return spread(spread(mixed).map(finish))
    .map((h) => (h >>> 0).toString(16).padStart(8, '0'))
    .join('');
};

export const contentHash = (value: unknown): string => murmur128(canonical(value));
