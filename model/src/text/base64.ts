/** Base64 (RFC 4648) as bytes; a library has no platform to ask. */

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const values = new Map([...alphabet].map((letter, index) => [letter, index]));

/** @returns undefined if it is none; line breaks and blanks between the letters are none of the text. */
export const fromBase64 = (text: string): Uint8Array | undefined => {
  const letters = text.replace(/\s/g, '');
  if (letters.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(letters)) return undefined;
  const padding = letters.endsWith('==') ? 2 : letters.endsWith('=') ? 1 : 0;
  const bytes = new Uint8Array((letters.length / 4) * 3 - padding);
  let at = 0;
  for (let index = 0; index < letters.length; index += 4) {
    const [a = 0, b = 0, c = 0, d = 0] = [0, 1, 2, 3].map((offset) => values.get(letters[index + offset] ?? '') ?? 0);
    const word = (a << 18) | (b << 12) | (c << 6) | d;
    for (const shift of [16, 8, 0]) if (at < bytes.length) bytes[at++] = (word >>> shift) & 0xff;
  }
  return bytes;
};

/** Bytes as text where every one is ASCII, as all of PEM is. */
export const asciiOf = (bytes: Uint8Array): string | undefined => {
  let text = '';
  for (const byte of bytes) {
    if (byte > 0x7f) return undefined;
    text += String.fromCharCode(byte);
  }
  return text;
};
