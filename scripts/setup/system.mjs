/** Programs of the operating system that the local runtime is made of, and those that only tests use. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Problem, say } from './say.mjs';

const needed = {
  start: {
    ip: 'iproute2',
    'iptables-restore': 'iptables',
    unshare: 'util-linux',
    nsenter: 'util-linux',
    setpriv: 'util-linux',
    mount: 'mount',
    python3: 'python3',
    curl: 'curl',
  },
  test: { tcpdump: 'tcpdump', openssl: 'openssl', chromium: 'chromium' },
};

/** Debian keeps administrators' programs out of an ordinary user's PATH. */
const folders = () => [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];

const has = (program) =>
  folders().some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

const aptGet = (args) =>
  spawnSync('apt-get', args, { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } })
    .status === 0;

/** @param {'start' | 'test'} purpose */
export const ensureSystemPrograms = (purpose) => {
  if (process.platform !== 'linux') return;
  const wanted = purpose === 'test' ? { ...needed.start, ...needed.test } : needed.start;
  const missing = Object.keys(wanted).filter((program) => !has(program));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((program) => wanted[program]))];
  const install = `apt-get install -y ${packages.join(' ')}`;
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) {
    throw new Problem(`missing on this machine: ${missing.join(', ')}; on Debian: sudo ${install}`);
  }
  say(`missing on this machine: ${missing.join(', ')}; running ${install}`);
  const quiet = ['-qq', '-y', '--no-install-recommends', 'install', ...packages];
  if (!aptGet(quiet) && !(aptGet(['-qq', 'update']) && aptGet(quiet)))
    throw new Problem(`\`${install}\` failed; install them and start again`);
};
