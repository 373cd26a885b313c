/**
 * Finds a Node that can run Weft (>= 22.13: node:sqlite without a flag). Plain JavaScript without
 * dependencies, because it is itself run by whatever old Node the machine has (>= 18).
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

/** @param {string} version `v24.21.0` or `24.21.0` */
export const isNewEnough = (version) => {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  return major > 22 || (major === 22 && minor >= 13);
};

/** Node's own TypeScript support came without a flag in 22.18 and 23.6. */
const stripFlag = (version) => {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  return (major === 22 && minor < 18) || (major === 23 && minor < 6) ? ['--experimental-strip-types'] : [];
};

const versionOf = (node) => {
  const asked = spawnSync(node, ['--version'], { encoding: 'utf8' });
  return asked.status === 0 ? asked.stdout.trim() : '';
};

/**
 * @param {string} root the project's folder, whose `.node` holds the Node that `npm start` brought along
 * @returns {{ path: string, flags: string[] } | undefined}
 */
export const findNode = (root) => {
  if (isNewEnough(process.version)) return { path: process.execPath, flags: stripFlag(process.version) };
  const candidates = [join(root, '.node/node_modules/.bin'), ...(process.env.PATH ?? '').split(delimiter)];
  for (const folder of candidates) {
    const path = join(folder, 'node');
    const version = existsSync(path) ? versionOf(path) : '';
    if (isNewEnough(version)) return { path, flags: stripFlag(version) };
  }
  return undefined;
};

/** Puts `node`'s folder first on PATH, so that everything started from here uses the same one. */
export const withNode = (node) => ({ ...process.env, PATH: `${dirname(node.path)}${delimiter}${process.env.PATH ?? ''}` });

/**
 * Runs a program in this one's place: its input and output, its signals, its exit code.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<number>}
 */
export const runInPlace = (command, args, options = {}) =>
  new Promise((resolve) => {
    const child = spawn(command, args, { stdio: 'inherit', ...options });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
    child.on('error', (error) => {
      process.stderr.write(`${command}: ${error.message}\n`);
      resolve(127);
    });
    child.on('exit', (code, signal) => resolve(signal ? 128 + constants.signals[signal] : (code ?? 1)));
  });
