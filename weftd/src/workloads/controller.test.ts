import { meshSettings, type PodReport, parse, type Resource } from '@weft/model';
import { expect, test } from 'vitest';
import { type ControllerPowers, reconcile, type Workload } from './controller.ts';
import type { PodInstance } from './instance.ts';
import { isRestartNeeded, workloadStatus } from './status.ts';

const makePowers = (): ControllerPowers => {
  let count = 0;
  return {
    now: () => count,
    uid: () => `uid-${++count}`,
    letters: (length) => String(count).padStart(length, 'x'),
    hash: (text) => text.slice(0, 6),
  };
};

const resources = (text: string): readonly Resource[] => {
  const { resources: found, findings } = parse({ text, file: '/mesh/shop.yaml', origin: { source: 'file' } });
  expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  return found;
};

const deployment = (replicas: number, version: string): string => `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web, version: ${version}}}
    spec: {serviceAccountName: web, containers: [{name: web, command: [node, server.mjs]}]}
`;

const ready = ({ pod }: PodInstance): PodReport => ({
  name: pod.name,
  namespace: pod.namespace,
  uid: pod.uid,
  address: '10.244.0.1',
  phase: 'Running',
  ready: true,
  proxy: pod.proxy,
  message: '',
  restarts: 0,
  startedAt: 0,
});

/** A controller that remembers, as the store does. */
const makeController = () => {
  const powers = makePowers();
  let instances: readonly PodInstance[] = [];
  const restarts = new Map<string, number>();
  return {
    restarts,
    run: (text: string, reports: readonly PodReport[] = []): readonly Workload[] => {
      const workloads = reconcile(
        { resources: resources(text), previous: instances, reports, restarts, settings: meshSettings(resources(text)) },
        powers,
      );
      instances = workloads.flatMap((workload) => workload.instances);
      return workloads;
    },
    instances: () => instances,
    names: () => instances.map(({ pod }) => pod.name),
  };
};

test('pods are named as Kubernetes names them, and keep their names', () => {
  const controller = makeController();
  const [workload] = controller.run(deployment(2, 'v1'));
  expect(controller.names()).toHaveLength(2);
  expect(controller.names()[0]).toMatch(/^web-[0-9a-f]{6}-xxxx\d$/);
  expect(workload?.instances[0]?.pod).toMatchObject({
    serviceAccount: 'web',
    workload: { kind: 'Deployment', name: 'web' },
    proxy: 'none',
    labels: { app: 'web', version: 'v1', 'pod-template-hash': workload?.instances[0]?.template },
  });
  const before = controller.instances();
  controller.run(`# the same, two lines further down\n\n${deployment(2, 'v1')}`);
  expect(controller.instances()).toEqual(before);
});

test('scaling keeps what serves', () => {
  const controller = makeController();
  controller.run(deployment(3, 'v1'));
  const serving = controller.instances()[1];
  if (!serving) throw new Error('there are three');
  controller.run(deployment(1, 'v1'), [ready(serving)]);
  expect(controller.instances()).toEqual([serving]);
  controller.run(deployment(0, 'v1'));
  expect(controller.instances()).toEqual([]);
});

test('a new template’s pods come first, an old one goes for each that is ready', () => {
  const controller = makeController();
  controller.run(deployment(2, 'v1'));
  const old = controller.instances();
  controller.run(deployment(2, 'v2'), old.map(ready));
  expect(controller.instances()).toHaveLength(4);
  const fresh = controller.instances().filter((instance) => !old.includes(instance));
  controller.run(deployment(2, 'v2'), [...old, ...fresh.slice(0, 1)].map(ready));
  expect(controller.instances()).toHaveLength(3);
  expect(controller.instances()).toEqual(expect.arrayContaining([...fresh]));
  controller.run(deployment(2, 'v2'), fresh.map(ready));
  expect(controller.instances()).toEqual(fresh);
});

test('a template that is taken back before its pods are ready costs no serving pod', () => {
  const controller = makeController();
  controller.run(deployment(2, 'v1'));
  const old = controller.instances();
  controller.run(deployment(2, 'v2'), old.map(ready));
  controller.run(deployment(2, 'v1'), old.map(ready));
  expect(controller.instances()).toEqual(old);
});

test('a restart makes new pods of the same template', () => {
  const controller = makeController();
  controller.run(deployment(1, 'v1'));
  const [old] = controller.instances();
  controller.restarts.set('Deployment/shop/web', 99);
  controller.run(deployment(1, 'v1'));
  expect(controller.instances()).toHaveLength(2);
  const [, fresh] = controller.instances();
  if (!fresh) throw new Error('there are two');
  controller.run(deployment(1, 'v1'), [ready(fresh)]);
  expect(controller.instances()).toEqual([fresh]);
  expect(fresh.pod.uid).not.toBe(old?.pod.uid);
});

test('a Pod keeps its name; another content is another pod at once', () => {
  const controller = makeController();
  const pod = (word: string): string => `apiVersion: v1
kind: Pod
metadata: {name: probe, namespace: shop, labels: {app: probe}}
spec: {containers: [{name: probe, command: [sleep, ${word}]}]}
`;
  controller.run(pod('"1"'));
  const [before] = controller.instances();
  controller.run(pod('"2"'), before ? [ready(before)] : []);
  expect(controller.names()).toEqual(['probe']);
  expect(controller.instances()[0]?.pod.uid).not.toBe(before?.pod.uid);
  expect(controller.instances()[0]?.pod.labels).toEqual({ app: 'probe' });
});

test('labelling the namespace later changes no pod, but asks for a restart', () => {
  const namespace = (labels: string): string => `apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {${labels}}}\n---\n`;
  const controller = makeController();
  controller.run(`${namespace('')}${deployment(1, 'v1')}`);
  const [pod] = controller.instances();
  const [workload] = controller.run(`${namespace('istio-injection: enabled')}${deployment(1, 'v1')}`);
  expect(controller.instances()).toEqual([pod]);
  expect(workload && pod && isRestartNeeded(workload, pod)).toBe(true);
  expect(workload && workloadStatus(workload, [])).toMatchObject({ restartNeeded: true, desired: 1, ready: 0 });
  controller.restarts.set('Deployment/shop/web', 1);
  controller.run(`${namespace('istio-injection: enabled')}${deployment(1, 'v1')}`);
  expect(controller.instances().map((instance) => instance.pod.proxy)).toEqual(['none', 'sidecar']);
});

test('a workload that is gone has no pods', () => {
  const controller = makeController();
  controller.run(deployment(2, 'v1'));
  expect(controller.run('')).toEqual([]);
  expect(controller.instances()).toEqual([]);
});

test('a ProxyConfig is in force in pods that are made after it, and asks for a restart of the others', () => {
  const config =
    'apiVersion: networking.istio.io/v1beta1\nkind: ProxyConfig\nmetadata: {name: all, namespace: shop}\nspec: {concurrency: 2}\n---\n';
  const namespace = 'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {istio-injection: enabled}}\n---\n';
  const controller = makeController();
  controller.run(`${namespace}${deployment(1, 'v1')}`);
  const [workload] = controller.run(`${namespace}${config}${deployment(1, 'v1')}`);
  const [pod] = controller.instances();
  expect(pod?.pod.proxySettings).toBeUndefined();
  expect(workload && pod && isRestartNeeded(workload, pod)).toBe(true);
  controller.restarts.set('Deployment/shop/web', 1);
  controller.run(`${namespace}${config}${deployment(1, 'v1')}`);
  expect(controller.instances().map((one) => one.pod.proxySettings)).toContainEqual({ concurrency: 2 });
});
