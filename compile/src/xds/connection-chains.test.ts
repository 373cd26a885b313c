import { expect, test } from 'vitest';
import type { AuthorizationSlice } from '../mesh/index.ts';
import { guarded } from './connection-chains.ts';
import { blindRefusal } from './connection-guard.ts';
import { trialFilters } from './connection-trials.ts';
import { tcpProxy } from './filters.ts';

const allowing = (count: number): AuthorizationSlice => {
  const values = Array.from({ length: count }, (_, index) => ({
    kind: 'exact' as const,
    value: `cluster.local/ns/shop/sa/account-${index}`,
  }));
  const from = [[{ path: 'spec', negated: false, test: { kind: 'principal' as const, values } }]];
  const policy = { namespace: 'shop', name: 'many', action: 'ALLOW' as const, dryRun: false, rules: [{ from, to: [[]], when: [] }] };
  return { authorizers: [], custom: [], undecided: [], withdrawn: [], audit: [], deny: [], allow: [policy] };
};

const filtersOf = (authorization: AuthorizationSlice) =>
  guarded({ identified: true, named: true, asDialled: true, told: {}, proxy: () => [tcpProxy('application')] }, authorization).map(
    ({ filters }) => filters,
  );

test('more questions than Envoy reads in one expression let nobody pass, instead of a listener that it refuses', () => {
  expect(filtersOf(allowing(1_000))).toEqual([
    [expect.objectContaining({ name: 'weft.connection.guard' }), ...trialFilters, tcpProxy('application')],
  ]);
  expect(filtersOf(allowing(3_000))).toEqual([blindRefusal('policies that ask too much', { identified: true, told: {} })]);
});

const denied = (networks: number, rules: number): AuthorizationSlice => {
  const network = (index: number) => ({ address: `10.${index >> 8}.${index & 255}.0`, bits: 24 });
  const from = (rule: number) => {
    const values = Array.from({ length: networks }, (_, index) => network(rule * networks + index));
    return [[{ path: 'spec', negated: false, test: { kind: 'source-ip' as const, values } }]];
  };
  const all = Array.from({ length: rules }, (_, rule) => ({ from: from(rule), to: [[]], when: [] }));
  const policy = { namespace: 'shop', name: 'many', action: 'DENY' as const, dryRun: false, rules: all };
  return { authorizers: [], custom: [], undecided: [], withdrawn: [], audit: [], deny: [policy], allow: [] };
};

test('more addresses that are told apart than there can be chains let nobody pass [G9]', () => {
  expect(filtersOf(denied(1_000, 1))).toHaveLength(2);
  expect(filtersOf(denied(1, 300))).toHaveLength(2);
  expect(filtersOf(denied(1, 501))).toEqual([blindRefusal('policies that tell too many addresses apart', { identified: true, told: {} })]);
});
