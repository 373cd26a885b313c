/**
 * Root's tests run a mesh as an ordinary user too, who may not enter root's home: where the project lies in such a folder,
 * tests run at another path that leads to the same files. It exists in a mount namespace of the tests' own, and ends with them.
 */
import { mkdtempSync, rmdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const othersMayEnter = (folder) => {
  const open = (statSync(folder).mode & 0o001) !== 0;
  return open && (folder === dirname(folder) || othersMayEnter(dirname(folder)));
};

const script = 'chmod 0755 "$2" && mount --bind "$1" "$2" && cd "$2" && shift 2 && exec "$@"';

/**
 * @param {string} root the project's folder
 * @param {string[]} command program and arguments; those below `root` are rewritten
 * @param {NodeJS.ProcessEnv} env its PATH is rewritten too
 */
export const reachableByOthers = (root, command, env) => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0 || othersMayEnter(root)) return { command, env, close: () => {} };
  const place = mkdtempSync(join(tmpdir(), 'tests-'));
  const moved = (text) => text.replaceAll(`${root}/`, `${place}/`);
  const prefix = ['unshare', '--mount', 'sh', '-c', script, 'sh', root, place];
  return { command: [...prefix, ...command.map(moved)], env: { ...env, PATH: moved(env.PATH ?? '') }, close: () => rmdirSync(place) };
};
