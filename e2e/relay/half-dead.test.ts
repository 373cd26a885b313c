import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Bench, counts, makeBench, type Plane, type RunningEnvoy, startFreezer, until } from './bench.ts';
import { ask, certificateFrom } from './client.ts';
import { resourcesOf } from './resources.ts';
import { envoyIn, saved, weftdIn } from './scene.ts';

let bench: Bench;
let plane: Plane;
beforeEach(async () => {
  bench = await makeBench();
  plane = await weftdIn(bench);
});
afterEach(() => bench.clear());

const envoy = (liveWithinMs?: number): Promise<RunningEnvoy> => envoyIn(bench, liveWithinMs);
const body = async (): Promise<string> => (await ask(bench.port, await certificateFrom(plane.ca))).body;

describe('weftd half dead', () => {
  test('from the start: it accepts and says nothing; Envoy restarted is served all the same', async () => {
    const proxy = await bench.serve(plane);
    const first = await envoy();
    await saved(proxy);
    await plane.stop();
    const sockets = new Set<import('node:net').Socket>();
    const silent = createServer((socket) => void sockets.add(socket.on('error', () => {}))).listen(plane.address.replace('unix:', ''));
    bench.later(async () => {
      for (const socket of sockets) socket.destroy();
      silent.close();
    });
    await first.kill();
    await envoy(5_000);
    expect(await body()).toBe('one');
  });

  test('stopped in the middle: found by keepalive; Envoy restarted is served; all is well when it goes on', async () => {
    const network = await startFreezer(bench, plane.address);
    const proxy = await bench.serve(plane, { upstream: network.address, timing: { keepalive: 400, keepaliveTimeout: 400 } });
    const first = await envoy();
    await saved(proxy);
    network.freeze();
    await until('it is noticed', () => proxy.status().upstream === 'lost', 10_000);
    await first.kill();
    const second = await envoy(5_000);
    expect(await body()).toBe('one');
    plane.set(resourcesOf({ port: bench.port, text: 'thawed' }));
    network.thaw();
    await until('the change arrives', async () => (await body()) === 'thawed');
    expect((await counts(second))['listener_manager.listener_modified']).toBe(0);
  });

  test('open, but without an answer: Envoy restarted is served, and the stream is tried again', async () => {
    const proxy = await bench.serve(plane, { timing: { silence: 1_500 } });
    const first = await envoy();
    await saved(proxy);
    plane.mute();
    await first.kill();
    await envoy(5_000);
    expect(await body()).toBe('one');
    expect(proxy.status().configuration).toBe('snapshot');
    plane.set(resourcesOf({ port: bench.port, text: 'spoken' }));
    await until('the change arrives', async () => (await body()) === 'spoken');
  });
});
