/** How the other programs are started: their bundles beside this one's, their sources otherwise. */
import { type ChildProcess, spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export type ProgramName = 'weftd' | 'agent';

const here = fileURLToPath(import.meta.url);

const pathOf = (name: ProgramName): string =>
  here.endsWith('.ts') ? join(dirname(here), '../../..', name, 'src/main.ts') : join(dirname(here), `${name}.js`);

/**
 * weftd's heap holds large maps that live long: with V8's default young generation they are copied in pauses of over 200 ms
 * while 200 proxies connect; with 8 MB the pauses halve and the peak memory falls by 20 MB (`npm run bench`).
 */
export const nodeFlags: Readonly<Record<ProgramName, readonly string[]>> = { weftd: ['--max-semi-space-size=8'], agent: [] };

export interface Started {
  readonly name: ProgramName;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** File descriptor that stdout and stderr go to. */
  readonly log: number;
}

/** Debian keeps `ip`, `iptables` and others out of an ordinary user's PATH. */
const withSystemPrograms = (path = ''): string => [path, '/usr/sbin', '/sbin'].filter(Boolean).join(':');

/**
 * Starts a program that dies with this process, however that dies (PR_SET_PDEATHSIG), in a session of its own,
 * so that Ctrl-C reaches this process alone, which then ends the others in order.
 */
export const startProgram = ({ name, args, env, log }: Started): ChildProcess => {
  const command = [process.execPath, ...process.execArgv, ...nodeFlags[name], pathOf(name), ...args];
  return spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...command], {
    stdio: ['ignore', log, log],
    detached: true,
    env: { ...env, PATH: withSystemPrograms(env.PATH) },
  });
};
