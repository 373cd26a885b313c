import type { PodReport } from '@weft/model';
import { expect, it } from 'vitest';
import { nameCrashing } from './crashing.ts';

const pod: PodReport = {
  name: 'web-1',
  namespace: 'shop',
  uid: 'a',
  address: '10.244.0.5',
  phase: 'Pending',
  ready: false,
  proxy: 'sidecar',
  message: 'exited with code 1',
  restarts: 3,
  startedAt: 5,
};

it('names a pod that keeps ending once, with where to look', () => {
  const named = nameCrashing();
  expect(named([pod])).toEqual(['shop/web-1 is not ready: exited with code 1 (3 restarts); see `weft logs web-1 -n shop`']);
  expect(named([{ ...pod, restarts: 4 }])).toEqual([]);
});

it('says nothing of pods that are only slow, or ready again', () => {
  expect(
    nameCrashing()([
      { ...pod, restarts: 0 },
      { ...pod, ready: true },
    ]),
  ).toEqual([]);
});
