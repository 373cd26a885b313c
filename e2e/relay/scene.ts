/** What the relay's tests start in a bench, made for each test that names it; the bench ends it all. */
import { join } from 'node:path';
import { test as plain } from 'vitest';
import { type Ca, openCa } from '../../weftd/src/ca/ca.ts';
import { type Bench, logger, makeBench, type Plane, type PlaneInput, type RunningEnvoy, startEnvoy, startPlane, until } from './bench.ts';
import { ask, certificateFrom } from './client.ts';
import { resourcesOf } from './resources.ts';

/** A weftd whose one server answers `one`. */
const weftdIn = async (bench: Bench, more: Partial<PlaneInput> = {}): Promise<Plane> => {
  const plane = await startPlane(bench.directory, { resources: resourcesOf({ port: bench.port, text: 'one' }), ...more });
  bench.later(() => plane.ca.close());
  bench.later(() => plane.stop());
  return plane;
};

const envoyIn = async (bench: Bench, liveWithinMs?: number): Promise<RunningEnvoy> => {
  const running = await startEnvoy(bench.directory, liveWithinMs);
  bench.later(running.kill);
  return running;
};

/** A CA beside weftd's own, below the bench's directory. */
const caIn = async (bench: Bench, name: string, more: { readonly trustDomain: string; readonly leafSeconds?: number }): Promise<Ca> => {
  const ca = await openCa(join(bench.directory, name), {
    leafSeconds: 3600,
    ...more,
    cluster: 'east',
    registry: { find: () => undefined, list: () => [] },
    now: Date.now,
    random: (size: number) => crypto.getRandomValues(new Uint8Array(size)),
    logger,
  });
  bench.later(() => ca.close());
  return ca;
};

/** `bench` is a word of vitest's own. */
export const test = plain
  .extend('workbench', async ({ onTestFinished }) => {
    const bench = await makeBench();
    onTestFinished(() => bench.clear());
    return bench;
  })
  .extend(
    'startWeftd',
    ({ workbench }) =>
      (more: Partial<PlaneInput> = {}): Promise<Plane> =>
        weftdIn(workbench, more),
  )
  .extend('plane', ({ startWeftd }) => startWeftd())
  .extend(
    'envoy',
    ({ workbench }) =>
      (liveWithinMs?: number): Promise<RunningEnvoy> =>
        envoyIn(workbench, liveWithinMs),
  )
  .extend(
    'otherCa',
    ({ workbench }) =>
      (name: string, trustDomain: string, leafSeconds = 3600): Promise<Ca> =>
        caIn(workbench, name, { trustDomain, leafSeconds }),
  )
  // What the plane's server answers to a client of its mesh.
  .extend(
    'body',
    ({ workbench, plane }) =>
      async (): Promise<string> =>
        (await ask(workbench.port, await certificateFrom(plane.ca))).body,
  );

export const saved = (proxy: { status(): { snapshotSavedAt: number | null } }): Promise<unknown> =>
  until('a saved configuration', () => proxy.status().snapshotSavedAt !== null);
