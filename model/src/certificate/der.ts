/** Distinguished encoding (X.690), as far as certificates and keys use it. Throws nothing: what is none is absent. */

export interface Element {
  readonly tag: number;
  readonly content: Uint8Array;
}

export const tags = { integer: 0x02, bits: 0x03, octets: 0x04, objectId: 0x06, utcTime: 0x17, time: 0x18, sequence: 0x30 } as const;

/** Constructed, of the context: `[n]`. */
export const context = (number: number): number => 0xa0 | number;

/** A length of at most four bytes: nothing here is larger. */
const lengthAt = (bytes: Uint8Array, at: number): { readonly length: number; readonly next: number } | undefined => {
  const first = bytes[at];
  if (first === undefined) return undefined;
  if (first < 0x80) return { length: first, next: at + 1 };
  const count = first & 0x7f;
  if (count === 0 || count > 4) return undefined;
  let length = 0;
  for (let index = 1; index <= count; index += 1) length = length * 256 + (bytes[at + index] ?? Number.NaN);
  return Number.isNaN(length) ? undefined : { length, next: at + 1 + count };
};

/** The elements one behind the other; undefined if the bytes are not exactly that. */
export const elements = (bytes: Uint8Array): readonly Element[] | undefined => {
  const found: Element[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = lengthAt(bytes, at + 1);
    if (!size || size.next + size.length > bytes.length) return undefined;
    found.push({ tag: bytes[at] as number, content: bytes.subarray(size.next, size.next + size.length) });
    at = size.next + size.length;
  }
  return found;
};

/** What is inside of a sequence that is the whole of the bytes. */
export const sequence = (bytes: Uint8Array): readonly Element[] | undefined => {
  const [only, ...others] = elements(bytes) ?? [];
  return only?.tag === tags.sequence && others.length === 0 ? elements(only.content) : undefined;
};

export const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
