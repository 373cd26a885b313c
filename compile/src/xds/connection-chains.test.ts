import { expect, test } from 'vitest';
import type { AuthorizationSlice } from '../mesh/index.ts';
import { guarded } from './connection-chains.ts';
import { tcpProxy } from './filters.ts';

const allowing = (count: number): AuthorizationSlice => {
  const values = Array.from({ length: count }, (_, index) => ({
    kind: 'exact' as const,
    value: `cluster.local/ns/shop/sa/account-${index}`,
  }));
  const from = [[{ path: 'spec', negated: false, test: { kind: 'principal' as const, values } }]];
  const policy = { namespace: 'shop', name: 'many', action: 'ALLOW' as const, dryRun: false, rules: [{ from, to: [[]], when: [] }] };
  return { authorizers: [], custom: [], undecided: [], audit: [], deny: [], allow: [policy] };
};

const filtersOf = (authorization: AuthorizationSlice) =>
  guarded({ identified: true, named: true, asDialled: true, proxy: () => [tcpProxy('application')] }, authorization).map(
    ({ filters }) => filters,
  );

test('more questions than Envoy reads in one expression let nobody pass, instead of a listener that it refuses', () => {
  expect(filtersOf(allowing(1_000))).toEqual([[expect.objectContaining({ name: 'weft.connection.guard' }), tcpProxy('application')]]);
  expect(filtersOf(allowing(3_000))).toEqual([[tcpProxy('BlackHoleCluster')]]);
});
