import { stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import { counts, until } from './bench.ts';
import { resourcesOf } from './resources.ts';
import { saved, test } from './scene.ts';

describe('weftd away', () => {
  test('and back with the same configuration: Envoy hears nothing of it', async ({ workbench, plane, envoy, body }) => {
    const proxy = await workbench.serve(plane);
    const running = await envoy();
    await saved(proxy);
    const before = await counts(running);
    for (let round = 0; round < 3; round += 1) {
      await plane.stop();
      await until('weftd is missed', () => proxy.status().upstream === 'lost');
      expect(await body()).toBe('one');
      await plane.start();
      await until('weftd is back', () => proxy.status().upstream === 'healthy');
    }
    await sleep(300);
    expect(await counts(running)).toEqual(before);
    plane.set(resourcesOf({ port: workbench.port, text: 'after' }));
    await until('a change arrives', async () => (await body()) === 'after');
  });

  test('and Envoy restarted: it serves what it acknowledged last, within 5 s', async ({ workbench, plane, envoy, body }) => {
    const proxy = await workbench.serve(plane);
    const first = await envoy();
    await saved(proxy);
    const savedAt = proxy.status().snapshotSavedAt;
    plane.set(resourcesOf({ port: workbench.port, text: 'last' }));
    await until('the last change is kept', () => proxy.status().snapshotSavedAt !== savedAt);
    await plane.stop();
    await first.kill();
    const second = await envoy(5_000);
    expect(await body()).toBe('last');
    expect(proxy.status()).toMatchObject({ upstream: 'lost', configuration: 'snapshot' });
    // Back again, with one thing changed and one the same.
    const before = await counts(second);
    plane.set(resourcesOf({ port: workbench.port, text: 'back' }));
    await plane.start();
    await until('the change arrives', async () => (await body()) === 'back');
    const after = await counts(second);
    expect({ ...after, 'http.in.rds.inbound.update_success': 0 }).toEqual({ ...before, 'http.in.rds.inbound.update_success': 0 });
  });

  test('and agent and Envoy restarted: the identity, too, is still there', async ({ workbench, plane, envoy, body }) => {
    const proxy = await workbench.serve(plane);
    const first = await envoy();
    await saved(proxy);
    const { identity } = proxy.status();
    await plane.stop();
    await first.kill();
    await proxy.close();
    const again = await workbench.serve(plane);
    expect(again.status().identity).toEqual(identity);
    await envoy(5_000);
    expect(await body()).toBe('one');
  });

  test('and only the agent restarted: Envoy goes on, and hears nothing when weftd is back', async ({ workbench, plane, envoy, body }) => {
    const proxy = await workbench.serve(plane);
    const running = await envoy();
    await saved(proxy);
    const before = await counts(running);
    await plane.stop();
    await proxy.close();
    const again = await workbench.serve(plane);
    await sleep(1_200);
    expect(await body()).toBe('one');
    await plane.start();
    await until('weftd is back', () => again.status().upstream === 'healthy');
    await sleep(300);
    expect(await counts(running)).toEqual(before);
  });

  test('with a damaged copy: not ready, rather than half ready', async ({ workbench, plane, envoy }) => {
    const proxy = await workbench.serve(plane);
    const first = await envoy();
    await saved(proxy);
    await plane.stop();
    await first.kill();
    await proxy.close();
    const path = join(workbench.paths.state, 'configuration');
    await truncate(path, (await stat(path)).size - 1);
    const again = await workbench.serve(plane);
    expect(again.status()).toMatchObject({ snapshotSavedAt: null, message: expect.stringContaining('damaged') });
    const second = await envoy(0);
    await sleep(2_500);
    expect(await second.isLive()).toBe(false);
    expect(await second.stat('cluster_manager.cds.update_success')).toBe(0);
    await plane.start();
    await until('Envoy is LIVE', second.isLive);
    await until('the damage is mended', () => again.status().message === '');
  });
});
