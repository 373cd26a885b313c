/** Bytes of a chunk, one number after the other: small whole numbers in few bytes, all others as they are in memory. */

/** Before a number that is written as it is in memory. */
const notWhole = 1;

export class Writer {
  #bytes = Buffer.allocUnsafe(1 << 16);
  #at = 0;

  /** @param value whole, from 0 to 2^53 */
  whole(value: number): void {
    this.#reserve(8);
    let rest = value;
    // Shifts would cut at 32 bits.
    while (rest >= 128) {
      this.#bytes[this.#at++] = (rest % 128) + 128;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#at++] = rest;
  }

  /** Whole numbers become twice as large, so that the lowest bit tells them from others. */
  value(value: number): void {
    if (value >= 0 && value < 2 ** 51 && Number.isInteger(value)) {
      this.whole(value * 2);
      return;
    }
    this.whole(notWhole);
    this.#reserve(8);
    this.#at = this.#bytes.writeDoubleLE(value, this.#at);
  }

  /** Those that are not 0: how many are passed over, and the number. */
  sparse(width: number, at: (index: number) => number): void {
    for (let index = 0, before = -1; index < width; index += 1) {
      const value = at(index);
      if (value === 0) continue;
      this.whole(index - before - 1);
      this.value(value);
      before = index;
    }
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** What was written; the next number begins anew. */
  taken(): Buffer {
    const taken = Buffer.from(this.#bytes.subarray(0, this.#at));
    this.#at = 0;
    return taken;
  }

  /** Where there is room for it, and that is not far too large, it is used again. */
  takenInto(room: Uint8Array): Uint8Array {
    const length = this.#at;
    this.#at = 0;
    const fits = length <= room.buffer.byteLength && room.buffer.byteLength <= length * 2;
    const into = new Uint8Array(fits ? room.buffer : new ArrayBuffer(Math.ceil(length * 1.1)), 0, length);
    into.set(this.#bytes.subarray(0, length));
    return into;
  }

  #reserve(more: number): void {
    if (this.#at + more <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(this.#bytes.length * 2 + more);
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }
}

export class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get ended(): boolean {
    return this.at >= this.#bytes.length;
  }

  whole(): number {
    let value = 0;
    for (let unit = 1; ; unit *= 128) {
      const byte = this.#bytes[this.at++];
      if (byte === undefined) throw new Error('the bytes end within a number');
      if (byte < 128) return value + byte * unit;
      value += (byte - 128) * unit;
    }
  }

  /** What `sparse` wrote, until `end`: added to what is there from `to` on. */
  addSparse(end: number, into: Float64Array, to = 0): void {
    for (let index = to - 1; this.at < end; ) {
      index += 1 + this.whole();
      into[index] = (into[index] ?? 0) + this.value();
    }
  }

  /** Of what `sparse` wrote, until `end`: the number at `index`, which is the last. Those before it are passed over unread. */
  lastOfSparse(end: number, index: number): number {
    for (let next = 0; this.at < end; ) {
      next += this.whole();
      if (next === index) return this.value();
      next += 1;
      this.#passValue();
    }
    return 0;
  }

  value(): number {
    const whole = this.whole();
    if (whole % 2 === 0) return whole / 2;
    const value = this.#view.getFloat64(this.at, true);
    this.at += 8;
    return value;
  }

  #passValue(): void {
    if (this.#bytes[this.at] === notWhole) {
      this.at += 9;
      return;
    }
    while ((this.#bytes[this.at] ?? 0) >= 128) this.at += 1;
    this.at += 1;
  }
}

/** With room for so many: the same, or a copy of twice the size at least. */
export const withRoom = <Numbers extends Float64Array | Int32Array>(numbers: Numbers, length: number): Numbers => {
  if (length <= numbers.length) return numbers;
  const size = Math.max(length, numbers.length * 2);
  const larger = (numbers instanceof Float64Array ? new Float64Array(size) : new Int32Array(size)) as Numbers;
  larger.set(numbers);
  return larger;
};
