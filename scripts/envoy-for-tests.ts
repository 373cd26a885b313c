/** One Envoy for all tests, found or fetched once, where every user can run it: root's tests start meshes as others too. */
import { chmodSync, constants, copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { findEnvoy } from '../agent/src/envoy-binary.ts';

const prefix = join(tmpdir(), 'envoy-for-tests-');

/** Each project of vitest.config.ts calls it; the first one does the work. */
export const setup = async (): Promise<() => void> => {
  const found = await findEnvoy({ env: process.env, userHome: homedir(), log: (line) => process.stderr.write(`${line}\n`) });
  process.env.WEFT_ENVOY = found;
  if (process.getuid?.() !== 0 || found.startsWith(prefix)) return () => {};
  const folder = mkdtempSync(prefix);
  chmodSync(folder, 0o755);
  const copy = join(folder, 'envoy');
  copyFileSync(found, copy, constants.COPYFILE_FICLONE);
  chmodSync(copy, 0o755);
  process.env.WEFT_ENVOY = copy;
  return () => rmSync(folder, { recursive: true, force: true });
};
