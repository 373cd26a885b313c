/** What Node makes of programs is kept for the whole run: compiling is most of a start, and tests start some of them hundreds of times. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const prefix = join(tmpdir(), 'compiled-for-tests-');

/** Each project of vitest.config.ts calls it; the first one does the work. */
export const setup = (): void => {
  if (process.env.NODE_COMPILE_CACHE?.startsWith(prefix)) return;
  const folder = mkdtempSync(prefix);
  // Other users' programs read it, and cannot write there.
  chmodSync(folder, 0o755);
  process.env.NODE_COMPILE_CACHE = folder;
  // Workers write there when they end, which nobody awaits before.
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
};
