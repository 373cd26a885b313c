import { expect, test } from 'vitest';
import { containerOf, type PodFacts } from './container.ts';

const pod: PodFacts = {
  name: 'web-1',
  namespace: 'shop',
  uid: 'u1',
  serviceAccount: 'web',
  labels: { app: 'web' },
  annotations: { note: 'hello' },
  directory: '/mesh/shop',
};

const fieldRef = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });

test('paths start at the manifest', () => {
  const { command, workingDir } = containerOf({ name: 'web', command: ['bin/serve', 'data/x'], workingDir: 'app' }, pod);
  expect({ command, workingDir }).toEqual({ command: ['/mesh/shop/app/bin/serve', 'data/x'], workingDir: '/mesh/shop/app' });
  expect(containerOf({ name: 'web', command: ['node'] }, pod)).toMatchObject({ command: ['node'], workingDir: '/mesh/shop' });
  expect(containerOf({ name: 'web', command: ['/bin/true'], workingDir: '/srv' }, pod)).toMatchObject({
    command: ['/bin/true'],
    workingDir: '/srv',
  });
});

test('containers may ask about their pod; its address is the agent’s to say', () => {
  const env = [
    fieldRef('NAME', 'metadata.name'),
    fieldRef('APP', "metadata.labels['app']"),
    fieldRef('NOTE', "metadata.annotations['note']"),
    fieldRef('ACCOUNT', 'spec.serviceAccountName'),
    fieldRef('IP', 'status.podIP'),
  ];
  expect(containerOf({ name: 'web', env }, pod).env).toEqual([
    { name: 'NAME', value: 'web-1' },
    { name: 'APP', value: 'web' },
    { name: 'NOTE', value: 'hello' },
    { name: 'ACCOUNT', value: 'web' },
    { name: 'IP', value: '', field: 'podIP' },
  ]);
});

test('$(NAME) is replaced by what was said before, $$(NAME) and the unknown are not', () => {
  const env = [
    { name: 'PORT', value: '80' },
    { name: 'URL', value: 'http://$(HOST):$(PORT)' },
    { name: 'HOST', value: 'x' },
  ];
  const made = containerOf({ name: 'web', command: ['serve', '$(PORT)'], args: ['$$(PORT)', '$(NOBODY)', '$(HOST)'], env }, pod);
  expect(made.env[1]?.value).toBe('http://$(HOST):80');
  expect([...made.command, ...made.args]).toEqual(['serve', '80', '$(PORT)', '$(NOBODY)', 'x']);
});

test('probes name ports and get Kubernetes’ defaults', () => {
  const made = containerOf(
    {
      name: 'web',
      ports: [{ name: 'http', containerPort: 8080 }],
      readinessProbe: { httpGet: { port: 'http', path: '/ready' }, periodSeconds: 2 },
      livenessProbe: { tcpSocket: { port: 9000 } },
    },
    pod,
  );
  expect(made.readinessProbe).toEqual({
    action: { kind: 'http', path: '/ready', port: 8080, scheme: 'HTTP', headers: [] },
    initialDelaySeconds: 0,
    periodSeconds: 2,
    timeoutSeconds: 1,
    successThreshold: 1,
    failureThreshold: 3,
  });
  expect(made.livenessProbe?.action).toEqual({ kind: 'tcp', port: 9000 });
  expect(made.startupProbe).toBeUndefined();
});
