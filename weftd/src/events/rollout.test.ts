import type { PodReport } from '@weft/model';
import { expect, test } from 'vitest';
import { rolloutChanges, type Seen } from './rollout.ts';

interface Pod {
  readonly uid: string;
  readonly version?: string;
  readonly ready?: boolean;
  readonly restarts?: number;
}

const seen = (...pods: readonly Pod[]): Seen => ({
  workloads: [
    {
      ...{ kind: 'Deployment', namespace: 'shop', name: 'web', desired: pods.length, ready: pods.length, restartNeeded: false, labels: {} },
      pods: pods.map(
        ({ uid, ready = true, restarts = 0 }): PodReport => ({
          ...{ uid, ready, restarts, name: `web-${uid}`, namespace: 'shop', address: '10.0.0.1', phase: 'Running' },
          ...{ proxy: 'sidecar', message: '', startedAt: 1 },
        }),
      ),
    },
  ],
  instances: pods.map(({ uid, version = 'v1', ready = true }) => ({
    pod: {
      ...{ name: `web-${uid}`, namespace: 'shop', uid, serviceAccount: 'web', labels: { app: 'web', version }, annotations: {} },
      ...{ workload: { kind: 'Deployment', name: 'web' }, containers: [], terminationGracePeriodSeconds: 0, proxy: 'sidecar' },
    },
    ...{ address: '10.0.0.1', ready },
  })),
});

const words = (before: Seen, after: Seen): readonly string[] =>
  rolloutChanges(before, after, 1).map((change) => `${change.kind}: ${change.words}`);

test('pods of a workload are told together, and a version by its name', () => {
  expect(words(seen({ uid: 'a' }), seen({ uid: 'b', version: 'v2' }, { uid: 'c', version: 'v2' }))).toEqual([
    'rollout: web: 2 pods became ready, 1 pod ended',
    'rollout: version v2 of web appeared',
    'rollout: version v1 of web is gone',
  ]);
});

test('one that is not ready yet is told when it is, and when it stops being so', () => {
  expect(words(seen(), seen({ uid: 'a', ready: false }))).toEqual(['rollout: version v1 of web appeared']);
  expect(words(seen({ uid: 'a', ready: false }), seen({ uid: 'a' }))).toEqual(['rollout: web: 1 pod became ready']);
  expect(words(seen({ uid: 'a' }), seen({ uid: 'a', ready: false }))).toEqual(['rollout: web: 1 pod stopped being ready']);
  expect(words(seen({ uid: 'a' }), seen({ uid: 'a' }))).toEqual([]);
});

test('what ended by itself is told', () => {
  expect(words(seen({ uid: 'a', restarts: 1 }), seen({ uid: 'a', restarts: 3 }))).toEqual([
    'restart: web-a ended and was started again, 3 times',
  ]);
});
