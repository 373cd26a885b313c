import { expect, test } from 'vitest';
import type { AuthorizationAction, AuthorizationSlice } from '../mesh/index.ts';
import { guarded } from './connection-chains.ts';
import { trialResources } from './connection-trials.ts';
import { tcpProxy } from './filters.ts';

const nobody: AuthorizationSlice = { authorizers: [], custom: [], undecided: [], withdrawn: [], audit: [], deny: [], allow: [] };

const policy = (action: AuthorizationAction, dryRun: boolean) => {
  const test = { kind: 'source-ip' as const, values: [{ address: '10.1.0.0', bits: 16 }] };
  const rules = [{ from: [[{ path: 'spec', negated: false, test }]], to: [[]], when: [] }];
  return { namespace: 'shop', name: 'tried', action, dryRun, rules };
};

const versions = (slice: AuthorizationSlice) => trialResources(slice).map(({ version }) => version);

/** Names of connections' chains and what stands in them. */
const chains = (slice: AuthorizationSlice) =>
  guarded({ identified: true, named: true, asDialled: true, told: {}, proxy: () => [tcpProxy('application')] }, slice);

test.each<[string, Partial<AuthorizationSlice>, readonly boolean[]]>([
  ['AUDIT', { audit: [policy('AUDIT', false)] }, [true, false, false]],
  ['a DENY that is tried', { deny: [policy('DENY', true)] }, [false, true, false]],
  ['an ALLOW that is tried', { allow: [policy('ALLOW', true)] }, [false, false, true]],
  ['an AUDIT that is tried, which is nothing', { audit: [policy('AUDIT', true)] }, [false, false, false]],
])('%s changes a resource of its own and no chain [S111]', (_, more, changed) => {
  const slice = { ...nobody, ...more };
  expect(chains(slice)).toEqual(chains(nobody));
  const before = versions(nobody);
  expect(versions(slice).map((version, index) => version !== before[index])).toEqual(changed);
});

test('while one that holds changes chains and none of these', () => {
  const slice = { ...nobody, deny: [policy('DENY', false)] };
  expect(chains(slice)).not.toEqual(chains(nobody));
  expect(versions(slice)).toEqual(versions(nobody));
});
