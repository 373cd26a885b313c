import { createServer } from 'node:net';
import { describe, expect } from 'vitest';
import { counts, startFreezer, until } from './bench.ts';
import { resourcesOf } from './resources.ts';
import { saved, test } from './scene.ts';

describe('weftd half dead', () => {
  test('from the start: it accepts and says nothing; Envoy restarted is served all the same', async ({ workbench, plane, envoy, body }) => {
    const proxy = await workbench.serve(plane);
    const first = await envoy();
    await saved(proxy);
    await plane.stop();
    const sockets = new Set<import('node:net').Socket>();
    const silent = createServer((socket) => void sockets.add(socket.on('error', () => {}))).listen(plane.address.replace('unix:', ''));
    workbench.later(async () => {
      for (const socket of sockets) socket.destroy();
      silent.close();
    });
    await first.kill();
    await envoy(5_000);
    expect(await body()).toBe('one');
  });

  test('stopped in the middle: found by keepalive; Envoy restarted is served; all is well when it goes on', async ({
    workbench,
    plane,
    envoy,
    body,
  }) => {
    const network = await startFreezer(workbench, plane.address);
    const proxy = await workbench.serve(plane, { upstream: network.address, timing: { keepalive: 400, keepaliveTimeout: 400 } });
    const first = await envoy();
    await saved(proxy);
    network.freeze();
    await until('it is noticed', () => proxy.status().upstream === 'lost', 10_000);
    await first.kill();
    const second = await envoy(5_000);
    expect(await body()).toBe('one');
    plane.set(resourcesOf({ port: workbench.port, text: 'thawed' }));
    network.thaw();
    await until('the change arrives', async () => (await body()) === 'thawed');
    expect((await counts(second))['listener_manager.listener_modified']).toBe(0);
  });

  test('open, but without an answer: Envoy restarted is served, and the stream is tried again', async ({
    workbench,
    plane,
    envoy,
    body,
  }) => {
    const proxy = await workbench.serve(plane, { timing: { silence: 1_500 } });
    const first = await envoy();
    await saved(proxy);
    plane.mute();
    await first.kill();
    await envoy(5_000);
    expect(await body()).toBe('one');
    expect(proxy.status().configuration).toBe('snapshot');
    plane.set(resourcesOf({ port: workbench.port, text: 'spoken' }));
    await until('the change arrives', async () => (await body()) === 'spoken');
  });
});
