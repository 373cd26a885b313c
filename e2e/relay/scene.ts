/** What the relay's tests start in a bench; the bench ends it all. */
import { join } from 'node:path';
import { type Ca, openCa } from '../../weftd/src/ca/ca.ts';
import { type Bench, logger, type Plane, type PlaneInput, type RunningEnvoy, startEnvoy, startPlane, until } from './bench.ts';
import { resourcesOf } from './resources.ts';

/** A weftd whose one server answers `one`. */
export const weftdIn = async (bench: Bench, more: Partial<PlaneInput> = {}): Promise<Plane> => {
  const plane = await startPlane(bench.directory, { resources: resourcesOf({ port: bench.port, text: 'one' }), ...more });
  bench.later(() => plane.ca.close());
  bench.later(() => plane.stop());
  return plane;
};

export const envoyIn = async (bench: Bench, liveWithinMs?: number): Promise<RunningEnvoy> => {
  const running = await startEnvoy(bench.directory, liveWithinMs);
  bench.later(running.kill);
  return running;
};

/** A CA beside weftd's own, below the bench's directory. */
export const caIn = async (
  bench: Bench,
  name: string,
  more: { readonly trustDomain: string; readonly leafSeconds?: number },
): Promise<Ca> => {
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

export const saved = (proxy: { status(): { snapshotSavedAt: number | null } }): Promise<unknown> =>
  until('a saved configuration', () => proxy.status().snapshotSavedAt !== null);
