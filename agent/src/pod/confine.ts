/** Commands that start something inside a pod with no more rights than it needs. Pure. */
import { quote } from './view.ts';

/** No capability can come back: not by exec (bounding set), not by set-user-id programs (no_new_privs). */
export const withoutRights = (user: number | undefined): readonly string[] => [
  'setpriv',
  ...(user === undefined ? [] : [`--reuid=${user}`, `--regid=${user}`, '--clear-groups']),
  ...['--inh-caps=-all', '--ambient-caps=-all', '--bounding-set=-all', '--no-new-privs', '--'],
];

/** CAP_NET_RAW alone: enough to mark its sockets [E8]. */
export const withNetRaw = (user: number | undefined): readonly string[] => [
  'setpriv',
  ...(user === undefined ? [] : [`--reuid=${user}`, `--regid=${user}`, '--clear-groups']),
  ...['--inh-caps=-all,+net_raw', '--ambient-caps=-all,+net_raw', '--bounding-set=-all,+net_raw', '--no-new-privs', '--'],
];

/**
 * Hides the mesh's own directories from a proxy: configuration may name Unix sockets, to be asked or to be opened, and where
 * proxies are run by the mesh's user no rights would stand before the API's.
 */
export const without = (directories: readonly string[]): readonly string[] => [
  ...['unshare', '-m', '--', 'sh', '-c'],
  `${directories.map((directory) => `mount -n -t tmpfs -o mode=0700,nosuid,nodev weft ${quote(directory)}`).join(' && ')} && exec "$@"`,
  'weft-proxy',
];

export const inNetwork = (network: string): readonly string[] => ['nsenter', `--net=${network}`, '--'];

/**
 * Reads its words from file descriptor 3, since a command line is for all to see and an environment that the manifest chose
 * (LD_PRELOAD, PATH) must not reach the tools that run with rights before it.
 */
const takeWords = 'eval "set -- $(cat <&3)"; exec 3<&-; umask 022; cd -- "$1" || exit 126; shift';

/** Stays as pid 1 of the application's pid namespace, where a program without handlers would ignore SIGTERM. */
const launchScript = `${takeWords}; "$@"; exit $?`;
const enterScript = `${takeWords}; exec "$@"`;

export interface Words {
  readonly workingDir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly command: readonly string[];
}

/** The text for file descriptor 3. */
export const secretWords = ({ workingDir, env, command }: Words): string => {
  const settings = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  return [workingDir, 'env', '-i', ...settings, ...command].map(quote).join(' ');
};

export interface ApplicationCommand {
  readonly network: string;
  readonly user: number | undefined;
  readonly viewScript: string;
}

/** Order matters: network, then mounts and processes, capabilities last. */
export const applicationCommand = ({ network, user, viewScript }: ApplicationCommand): readonly string[] => [
  ...inNetwork(network),
  ...['unshare', '-m', '-p', '-i', '-u', '--fork', '--kill-child=KILL', '--', 'sh', '-c', viewScript, 'weft-app'],
  ...withoutRights(user),
  ...['sh', '-c', launchScript, 'weft-app'],
];

/** Into the namespaces of a running application, with the application's rights. */
export const enterCommand = (init: number, user: number | undefined): readonly string[] => [
  ...['nsenter', '-t', String(init), '-m', '-p', '-n', '-i', '-u', '--'],
  ...withoutRights(user),
  ...['sh', '-c', enterScript, 'weft-exec'],
];
