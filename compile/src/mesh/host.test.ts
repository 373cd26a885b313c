import { expect, test } from 'vitest';
import { expandHost } from './host.ts';

test.each([
  ['web', 'web.shop.svc.cluster.local'],
  ['Web', 'web.shop.svc.cluster.local'],
  ['web.bank', 'web.bank'],
  ['foo.bar', 'foo.bar'],
  ['web.example.com.', 'web.example.com'],
  ['10.0.0.1', '10.0.0.1'],
  ['2001:db8::1', '2001:db8::1'],
  ['*', '*'],
  ['*.com', '*.com'],
])('[S15]: %s in a rule of namespace shop is %s', (host, expected) => {
  expect(expandHost(host, 'shop')).toBe(expected);
});
