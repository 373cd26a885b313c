/** One real Envoy with a bootstrap of its own. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonObject } from '@weft/envoy';
import { spawnEnvoy } from '../envoy.ts';
import { ask, closeConnections } from './client.ts';

export interface Running {
  stop(): Promise<void>;
}

const isReady = (admin: string): Promise<boolean> =>
  ask({ socket: admin, port: 0 }, { method: 'GET', path: '/ready', headers: { host: 'admin' } }).then(
    ({ status }) => status === 200,
    () => false,
  );

/** @returns when all listeners are there; throws with Envoy's log when they are not within two minutes */
export const run = async (bootstrap: JsonObject, folder: string): Promise<Running> => {
  const envoy = await spawnEnvoy(folder, bootstrap);
  const stop = async () => {
    closeConnections();
    await envoy.kill();
  };
  for (let tries = 0; tries < 1200 && !envoy.hasEnded(); tries += 1) {
    if (await isReady(join(folder, 'admin'))) return { stop };
    await sleep(100);
  }
  await stop();
  throw new Error(`Envoy is not ready: ${envoy.log().slice(-4000)}`);
};
