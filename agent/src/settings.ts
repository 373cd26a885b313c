/** Flags of `agent host` and `agent node`, read once. */
import { parseArgs } from 'node:util';
import type { filesOf, Place } from '@weft/model';

export interface Settings {
  readonly role: 'host' | 'node';
  readonly place: Place;
  /** Absolute path of Envoy; absent for the host: to be found. */
  readonly envoy: string | undefined;
  readonly verbose: boolean;
  /** `node` only: whether other users can be had (the host runs as root), so that each application gets its own. */
  readonly separateUsers: boolean;
  /** Home of the user who started the mesh: inside a user namespace everybody seems to be root. */
  readonly userHome: string;
}

export type Files = ReturnType<typeof filesOf>;

export const usage = 'usage: agent host|node --home DIR --run DIR [--envoy PATH] [--verbose]';

export const readSettings = (argv: readonly string[], defaults: { readonly userHome: string }): Settings => {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      home: { type: 'string' },
      run: { type: 'string' },
      envoy: { type: 'string' },
      verbose: { type: 'boolean', default: false },
      'user-home': { type: 'string', default: defaults.userHome },
      'separate-users': { type: 'boolean', default: false },
    },
  });
  const [role, ...rest] = positionals;
  if ((role !== 'host' && role !== 'node') || rest.length > 0) throw new Error(usage);
  const { home, run, envoy } = values;
  if (!home?.startsWith('/') || !run?.startsWith('/')) throw new Error(`--home and --run must be absolute paths; ${usage}`);
  return {
    role,
    place: { home, run },
    envoy,
    verbose: values.verbose,
    separateUsers: values['separate-users'],
    userHome: values['user-home'],
  };
};
