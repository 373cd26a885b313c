import { expect, test } from 'vitest';
import { checkRequestAuthentication } from './request-authentication.ts';

const told = (jwks: string): readonly string[] =>
  [...checkRequestAuthentication({ jwtRules: [{ issuer: 'https://a.example', jwks }] })].map(({ path, message }) => `${path}: ${message}`);

const keys = (count: number, kid = '') =>
  JSON.stringify({ keys: Array.from({ length: count }, () => ({ kty: 'RSA', e: 'AQAB', n: '0w', kid: `k${kid}` })) });

test('key sets that are written have the limits of those that are fetched', () => {
  expect(told(keys(100))).toEqual([]);
  expect(told(keys(101))).toEqual(['spec.jwtRules[0].jwks: the set has more than 100 keys']);
  const room = 128 * 1024 - keys(1).length;
  expect(told(keys(1, 'x'.repeat(room)))).toEqual([]);
  expect(told(keys(1, 'x'.repeat(room + 1)))).toEqual(['spec.jwtRules[0].jwks: the key set is larger than 128 KiB']);
});
