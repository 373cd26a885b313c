import { homedir } from 'node:os';
import { findEnvoy } from '@weft/agent/envoy-binary';
import { Failure } from '../exit.ts';
import type { Progress } from './progress.ts';

export interface EnvoyWish {
  /** `--envoy`; beats WEFT_ENVOY, the cache and PATH. */
  readonly path?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly progress: Progress;
}

/** @returns the path of an Envoy that Weft was tested with, fetched if there is none */
export const locateEnvoy = async ({ path, env, progress }: EnvoyWish): Promise<string> => {
  progress.step('looking for Envoy');
  try {
    return await findEnvoy({ env, userHome: homedir(), log: progress.step, ...(path && { path }) });
  } catch (error) {
    throw new Failure((error as Error).message, undefined, { cause: error });
  }
};
