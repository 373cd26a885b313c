/** How the other programs are started: their bundles beside this one's, their sources otherwise. */
import { type ChildProcess, spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export type ProgramName = 'weftd' | 'agent';

const here = fileURLToPath(import.meta.url);

const pathOf = (name: ProgramName): string =>
  here.endsWith('.ts') ? join(dirname(here), '../../..', name, 'src/main.ts') : join(dirname(here), `${name}.js`);

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
  const command = [process.execPath, ...process.execArgv, pathOf(name), ...args];
  return spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...command], {
    stdio: ['ignore', log, log],
    detached: true,
    env: { ...env, PATH: withSystemPrograms(env.PATH) },
  });
};
