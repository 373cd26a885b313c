import { readFile, writeFile } from 'node:fs/promises';
import { Agent } from 'node:https';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import { until } from './bench.ts';
import { ask, certificateFrom } from './client.ts';
import { test } from './scene.ts';

describe('renewal', () => {
  test('at half life [S100], again and again: no connection ends, new ones see the new certificate, the stream to weftd moves too', async ({
    workbench,
    envoy,
    startWeftd,
    otherCa,
  }) => {
    const plane = await startWeftd({ leafSeconds: 3 });
    const proxy = await workbench.serve(plane, { timing: { recycle: 200 } });
    const running = await envoy();
    const held = new Agent({ keepAlive: true, maxSockets: 1, maxCachedSessions: 0 });
    const client = await certificateFrom(await otherCa('ca', 'cluster.local'));
    const first = await ask(workbench.port, client, held);
    const serials = new Set<string>();
    const end = Date.now() + 5_500;
    while (Date.now() < end) {
      expect(await ask(workbench.port, client, held)).toEqual(first);
      const fresh = await ask(workbench.port, client);
      expect(fresh.body).toBe('one');
      serials.add(fresh.serial);
      await sleep(20);
    }
    held.destroy();
    expect(serials.size).toBeGreaterThanOrEqual(3);
    expect(plane.asked.tokens).toBe(1); // the certificate in use is what renews it
    for (const stat of ['listener_manager.listener_modified', 'cluster_manager.cluster_modified']) expect(await running.stat(stat)).toBe(0);
    expect(await running.stat('listener_manager.lds.update_success')).toBe(1);
    expect(proxy.status()).toMatchObject({ upstream: 'healthy', message: '' });
  });

  test('impossible for a while: the old one serves, and the new one comes when weftd does', async ({
    workbench,
    envoy,
    startWeftd,
    otherCa,
  }) => {
    const plane = await startWeftd({ leafSeconds: 10 });
    const proxy = await workbench.serve(plane);
    await envoy();
    const client = await certificateFrom(await otherCa('ca', 'cluster.local'));
    const before = proxy.status().identity;
    await plane.stop();
    await until('the renewal fails', () => proxy.status().message.includes('could not be renewed'));
    expect(await ask(workbench.port, client)).toMatchObject({ body: 'one', serial: before?.serial });
    await plane.start();
    await until('the renewal', () => proxy.status().identity?.serial !== before?.serial);
    await until('Envoy has it', async () => (await ask(workbench.port, client)).serial === proxy.status().identity?.serial);
  });

  test('a certificate on disk that is of another pod, damaged or expired is not used', async ({ workbench, startWeftd, otherCa }) => {
    const plane = await startWeftd();
    const first = await workbench.serve(plane);
    await until('a certificate', () => first.status().identity !== null);
    await first.close();
    await plane.stop();
    const path = join(workbench.paths.state, 'identity.json');
    const good = await readFile(path, 'utf8');
    const other = await otherCa('elsewhere', 'cluster.local');
    const { key, cert } = await certificateFrom(other, 'default');
    const parts = JSON.parse(good) as Record<string, unknown>;
    const bad = [
      good.slice(0, -20),
      JSON.stringify({ ...parts, uid: 'another-pod' }),
      JSON.stringify({ ...parts, key }),
      JSON.stringify({ ...parts, key, chain: cert }),
      JSON.stringify({ ...parts, bundles: other.bundles() }),
    ];
    for (const text of bad) {
      await writeFile(path, text);
      const proxy = await workbench.serve(plane);
      expect(proxy.status().identity).toBeNull();
      await proxy.close();
    }
    await writeFile(path, good);
    const late = await workbench.serve(plane, { now: () => Date.now() + 86_401_000 });
    expect(late.status().identity).toBeNull();
    await late.close();
    const again = await workbench.serve(plane);
    expect(again.status().identity).not.toBeNull();
  });
});
