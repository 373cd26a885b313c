/**
 * The command that starts `agent node` in namespaces of its own. Pure.
 *
 * The chain of deaths: whoever kills this process kills `unshare` (parent-death signal), which kills the shell that is
 * pid 1 inside (`--kill-child`), with which the kernel ends every process, mount and network namespace of the mesh.
 */
import type { Place } from '@weft/model';
import type { Privilege } from './possible.ts';

/** Where things live that exist inside the mesh's mount namespace only. */
export const inside = {
  root: '/run/weft',
  /** `ip -n NAME` looks here. */
  networks: '/run/netns',
  envoy: '/run/weft/envoy',
  stage: '/run/weft/stage',
  pods: '/run/weft/p',
  records: '/run/weft/r',
  edge: '/run/weft/edge',
  resolvConf: '/run/weft/resolv.conf',
} as const;

/**
 * Pid 1. It hides the host's /run (buses, other daemons' sockets) behind an empty one that holds the run directory again;
 * `mount -c` keeps "." from being looked up by its name, which is hidden by then. Envoy comes to a place that every user can
 * reach, wherever it is kept. A shell stays as pid 1 since it waits for orphans too, which Node would leave as zombies.
 */
const initScript = `
run=$1 envoy=$2; shift 2
cd "$run" || exit 1
exec 9<"$envoy" || exit 1
mount -t tmpfs -o mode=0755,nosuid,nodev weft /run || exit 1
mkdir -p "$run" ${inside.networks} ${inside.stage} ${inside.pods} ${inside.records} || exit 1
chmod 0711 ${inside.root} ${inside.pods} ${inside.records} || exit 1
mount -c --bind . "$run" || exit 1
cd /
touch ${inside.envoy} && mount -c --bind /proc/self/fd/9 ${inside.envoy} || exit 1
exec 9<&-
"$@"
exit $?
`;

export interface Launch {
  readonly place: Place;
  readonly privilege: Privilege;
  readonly envoy: string;
  /** Node's binary and the script: `[process.execPath, main.ts]`. */
  readonly program: readonly string[];
  readonly userHome: string;
  readonly verbose: boolean;
}

export const launchCommand = ({ place, privilege, envoy, program, userHome, verbose }: Launch): readonly string[] => [
  ...['setpriv', '--pdeathsig', 'KILL', '--'],
  ...[
    'unshare',
    ...(privilege === 'user' ? ['-U', '-r'] : []),
    '-n',
    '-m',
    '-p',
    '-i',
    '--fork',
    '--kill-child=KILL',
    '--mount-proc',
    '--',
  ],
  ...['sh', '-c', initScript, 'weft-init', place.run, envoy],
  ...program,
  ...['node', '--home', place.home, '--run', place.run, '--envoy', inside.envoy, '--user-home', userHome],
  ...(privilege === 'root' ? ['--separate-users'] : []),
  ...(verbose ? ['--verbose'] : []),
];
