import type { Proxy } from '@weft/model';
import { expect, it } from 'vitest';
import { makeShares } from './shares.ts';

const proxy = (namespace: string, name: string): Proxy => ({
  id: name,
  role: 'sidecar',
  name,
  namespace,
  serviceAccount: 'default',
  labels: {},
  addresses: [],
  cluster: '',
  network: '',
  locality: { region: '', zone: '', subzone: '' },
  dnsDomain: '',
});

it('[G8]: one identity has so many streams, whatever its proxies call themselves, and others have theirs', () => {
  const shares = makeShares({ perProxy: 2, perIdentity: 3 });
  const take = (namespace: string, name: string) => shares.take(proxy(namespace, name));
  const first = take('shop', 'a');
  expect([take('shop', 'a'), take('shop', 'a')]).toEqual([expect.any(Function), undefined]);
  expect([take('shop', 'b'), take('shop', 'c')]).toEqual([expect.any(Function), undefined]);
  expect(take('bank', 'c')).toBeDefined();
  first?.();
  expect([take('shop', 'c'), take('shop', 'd')]).toEqual([expect.any(Function), undefined]);
});
