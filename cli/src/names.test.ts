import type { PodReport, WorkloadStatus } from '@weft/model';
import { describe, expect, it } from 'vitest';
import { findPod, findWorkload } from './names.ts';

const pod = (namespace: string, name: string, ready = true): PodReport => ({
  name,
  namespace,
  uid: `uid-${name}`,
  address: '10.244.0.2',
  phase: 'Running',
  ready,
  proxy: 'sidecar',
  message: '',
  restarts: 0,
  startedAt: 0,
});

const workload = (namespace: string, name: string, pods: readonly PodReport[], kind = 'Deployment'): WorkloadStatus => ({
  kind,
  namespace,
  name,
  desired: pods.length,
  ready: pods.length,
  pods,
  labels: {},
  restartNeeded: false,
});

const mesh = [
  workload('shop', 'web', [pod('shop', 'web-1', false), pod('shop', 'web-2')]),
  workload('shop', 'cart', [pod('shop', 'cart-1')]),
  workload('back', 'cart', [pod('back', 'cart-9')]),
  workload('shop', 'probe', [pod('shop', 'probe')], 'Pod'),
];

describe('a workload', () => {
  it.each(['web', 'deploy/web', 'deployment/web', 'web.shop', 'web-1', 'pod/web-2', 'web-2.shop'])('is found by %s', (text) => {
    expect(findWorkload(mesh, text)).toBe(mesh[0]);
  });

  it('lists where an ambiguous name could be', () => {
    expect(() => findWorkload(mesh, 'cart')).toThrow('cart is ambiguous: back/cart, shop/cart; say which namespace with -n');
    expect(findWorkload(mesh, 'cart', 'back')).toBe(mesh[2]);
    expect(findWorkload(mesh, 'cart.shop')).toBe(mesh[1]);
  });

  it('is not found under another kind, in another namespace, or at all', () => {
    expect(() => findWorkload(mesh, 'deploy/probe')).toThrow('deploy/probe was not found');
    expect(() => findWorkload(mesh, 'web', 'back')).toThrow('web was not found');
    expect(() => findWorkload(mesh, 'service/web/x')).toThrow();
    expect(() => findWorkload(mesh, 'nonsense/web')).toThrow('nonsense is not a kind of workload');
  });
});

describe('a pod', () => {
  it('is the ready one of its workload', () => {
    expect(findPod(mesh, 'deploy/web').name).toBe('web-2');
  });

  it('is the one that was named, ready or not', () => {
    expect(findPod(mesh, 'pod/web-1').name).toBe('web-1');
    expect(findPod(mesh, 'probe').name).toBe('probe');
  });

  it('is missing where its workload has none', () => {
    expect(() => findPod([workload('shop', 'idle', [])], 'idle')).toThrow('idle has no pod at present');
  });
});
