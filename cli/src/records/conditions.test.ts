import { Command } from 'commander';
import { expect, test } from 'vitest';
import { conditionsOf, withConditions } from './conditions.ts';

const parsed = (...args: readonly string[]) => {
  const command = withConditions(new Command())
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  return conditionsOf(command.parse([...args], { from: 'user' }).opts());
};

test('conditions are taken as they are written', () => {
  const args = ['--principal', 'spiffe://cluster.local/ns/shop/sa/web', '--to', 'payments', '--from', 'shop/web', '--denied'];
  expect(parsed(...args)).toEqual({ principal: args[1], to: 'payments', from: 'shop/web', denied: true });
  expect(parsed('--address', '2001:db8::1', '--path', '/cart', '--principal', '*/sa/web')).toEqual({
    ...{ address: '2001:db8::1', path: '/cart', principal: '*/sa/web' },
  });
});

test.each([
  ['--to', 'a/b/c', 'write a name, or namespace/name'],
  ['--from', '/web', 'write a name, or namespace/name'],
  ['--workload', '', 'write a name, or namespace/name'],
  ['--address', '1.2.3', 'write an IPv4 or IPv6 address'],
  ['--address', '10.0.0.1:80', 'without a port'],
  ['--principal', 'cluster.local/ns/shop/sa/web', 'spiffe://'],
  ['--path', 'cart', 'first slash'],
])('a mistake in %s names flag and remedy: %j', (flag, value, remedy) => {
  expect(() => parsed(flag, value)).toThrow(new RegExp(`${flag}.*${remedy}`, 's'));
});
