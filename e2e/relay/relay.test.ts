import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { counts, until } from './bench.ts';
import { ask, certificateFrom } from './client.ts';
import { resourcesOf } from './resources.ts';
import { saved, test } from './scene.ts';

test('an Envoy gets its identity and its configuration, and changes arrive', async ({ workbench, plane, envoy, body }) => {
  const proxy = await workbench.serve(plane);
  const running = await envoy();
  const answer = await ask(workbench.port, await certificateFrom(plane.ca));
  expect(answer).toMatchObject({ status: 200, body: 'one' });
  expect(answer.names).toBe('URI:spiffe://cluster.local/ns/shop/sa/default, DNS:web.web.v1_d2.east.meta.mesh');
  plane.set(resourcesOf({ port: workbench.port, text: 'two' }));
  await until('the new text', async () => (await body()) === 'two');
  expect((await counts(running))['listener_manager.listener_modified']).toBe(0);
  expect(proxy.status()).toMatchObject({
    upstream: 'healthy',
    configuration: 'weftd',
    message: '',
    identity: { spiffeId: 'spiffe://cluster.local/ns/shop/sa/default' },
  });
});

test('a connection that weftd ends in good order is replaced without a gap', async ({ workbench, plane, envoy, body }) => {
  await plane.stop();
  await plane.start({ connectionAgeMs: 700, connectionAgeGraceMs: 300 });
  const proxy = await workbench.serve(plane);
  const running = await envoy();
  await saved(proxy);
  const before = await counts(running);
  const lost: string[] = [];
  const end = Date.now() + 3_500;
  while (Date.now() < end) {
    if (proxy.status().upstream === 'lost') lost.push(proxy.status().message);
    await sleep(5);
  }
  expect(lost).toEqual([]);
  expect(await counts(running)).toEqual(before);
  plane.set(resourcesOf({ port: workbench.port, text: 'two' }));
  await until('a change arrives', async () => (await body()) === 'two');
});

test('what Envoy refuses is not kept: after a restart without weftd the last good one is served', async ({
  workbench,
  plane,
  envoy,
  body,
}) => {
  const proxy = await workbench.serve(plane);
  const first = await envoy();
  await saved(proxy);
  plane.set(resourcesOf({ port: workbench.port, text: 'one', bad: true }));
  await until('the refusal', () => plane.lastNack() !== undefined);
  await sleep(600);
  await plane.stop();
  await first.kill();
  await envoy(5_000);
  expect(await body()).toBe('one');
});

test('keys are for the agent and Envoy alone: private files, none in the configuration', async ({ workbench, plane, envoy }) => {
  const proxy = await workbench.serve(plane);
  await envoy();
  await saved(proxy);
  const files = await readdir(workbench.paths.state);
  expect(files.toSorted()).toEqual(['configuration', 'identity.json']);
  for (const name of files) expect((await stat(join(workbench.paths.state, name))).mode & 0o777).toBe(0o600);
  expect((await stat(workbench.paths.state)).mode & 0o777).toBe(0o700);
  expect((await stat(workbench.paths.socket)).mode & 0o777).toBe(0o600);
  expect((await readFile(join(workbench.paths.state, 'configuration'))).toString('latin1')).not.toContain('PRIVATE KEY');
});
