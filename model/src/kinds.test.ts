import { expect, test } from 'vitest';
import schemas from '../data/schemas.json' with { type: 'json' };
import { findKind, groupVersion, kindOf, kinds } from './kinds.ts';

test.each([
  ['vs', 'VirtualService'],
  ['VirtualService', 'VirtualService'],
  ['virtualservices', 'VirtualService'],
  ['virtualservices.networking.istio.io', 'VirtualService'],
  ['DEPLOY', 'Deployment'],
  ['endpointslice', 'EndpointSlice'],
  ['svc', 'Service'],
  ['nonsense', undefined],
  ['constructor', undefined],
])('%s is spelt for %s', (spelling, kind) => expect(findKind(spelling)?.kind).toBe(kind));

test('of two kinds with one name the short spelling means Istio’s, the full one either', () => {
  expect(findKind('gateway')?.group).toBe('networking.istio.io');
  expect(findKind('gateways.gateway.networking.k8s.io')?.group).toBe('gateway.networking.k8s.io');
});

test('every kind stands once', () => {
  expect(new Set(kinds.map(({ group, kind }) => `${group}/${kind}`)).size).toBe(kinds.length);
  expect(kindOf('apps', 'Deployment')?.state).toBe('supported');
  expect(groupVersion('v1')).toEqual({ group: '', version: 'v1' });
});

test('every kind that takes effect or is going to has its form, and no other', () => {
  const supported = kinds.filter(({ state }) => state !== 'unsupported').map(({ kind }) => kind);
  expect(Object.keys(schemas.kinds).sort()).toEqual([...supported].sort());
});

test('the forms say where they come from', () => {
  for (const { module, version, sum, license } of schemas.sources) {
    expect([module, version, sum, license].every(Boolean)).toBe(true);
    expect(sum).toMatch(/^h1:/);
  }
});
