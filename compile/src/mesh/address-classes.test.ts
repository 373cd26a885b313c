import { isWithin, networkOf } from '@weft/model';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AddressTest, addressClasses } from './address-classes.ts';

const byte = fc.constantFrom(0, 1, 10, 127, 128, 255);
const address4 = fc.tuple(byte, byte, byte, byte).map((bytes) => bytes.join('.'));
const address6 = fc.tuple(byte, byte, byte).map(([a, b, c]) => `fd${a.toString(16).padStart(2, '0')}:${b}::${c}`);
const address = fc.oneof(address4, address6);
const network = address.chain((text) => fc.nat(text.includes(':') ? 128 : 32).map((bits) => `${text}/${bits}`));
const tests: fc.Arbitrary<readonly AddressTest[]> = fc.array(
  fc.array(network, { minLength: 1, maxLength: 4 }).map((values) => ({ kind: 'source-ip' as const, values: values.map(networkOf) })),
  { maxLength: 4 },
);

const textOf = ({ address: first, bits }: { readonly address: string; readonly bits: number }): string => `${first}/${bits}`;

describe('classes of addresses', () => {
  test('an address belongs to that of the narrowest network around it, for which the same holds', () => {
    fc.assert(
      fc.property(tests, address, (asked, one) => {
        const around = addressClasses(asked)
          .flatMap(({ networks, holds }) => networks.map((where) => ({ where, holds })))
          .filter(({ where }) => isWithin(one, textOf(where)))
          .sort((a, b) => b.where.bits - a.where.bits);
        const expected = asked.filter(({ values }) => values.some((value) => isWithin(one, textOf(value))));
        expect(new Set(around[0]?.holds)).toEqual(new Set(expected));
      }),
      { numRuns: 2_000 },
    );
  });

  test('no network is in two of them, and one that says nothing new is in none', () => {
    fc.assert(
      fc.property(tests, (asked) => {
        const all = addressClasses(asked).flatMap(({ networks }) => networks.map(textOf));
        expect(new Set(all).size).toBe(all.length);
      }),
    );
    const wide: AddressTest = { kind: 'source-ip', values: ['10.0.0.0/8', '10.1.0.0/16'].map(networkOf) };
    expect(addressClasses([wide]).map(({ networks }) => networks.map(textOf))).toEqual([['::/0', '0.0.0.0/0'], ['10.0.0.0/8']]);
  });
});
