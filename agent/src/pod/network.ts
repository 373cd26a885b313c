/** One pod's network namespace: a veth pair routed to the mesh's namespace with /32 addresses, and its capture rules. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { meshAddress } from '../addresses.ts';
import { inside } from '../host/launch.ts';
import { run } from '../process/child.ts';

export interface PodNetwork {
  /** A file that keeps the namespace, for nsenter; `ip -n` takes its name. */
  readonly file: string;
  readonly device: string;
  readonly address: string;
}

export const podNetwork = (index: number, address: string): PodNetwork => ({
  file: `${inside.networks}/pod${index}`,
  device: `pod${index}`,
  address,
});

const insideScript = `set -e
echo 0 > /proc/sys/net/ipv4/ip_unprivileged_port_start
# Nothing captures IPv6, so the way to the mesh has none; ::1 stays.
[ ! -e /proc/sys/net/ipv6/conf/eth0 ] || echo 1 > /proc/sys/net/ipv6/conf/eth0/disable_ipv6
ip link set lo up
ip address add "$1/32" dev eth0
ip link set eth0 up
ip route add default via ${meshAddress} dev eth0 onlink
exec iptables-restore --noflush
`;

const script = `set -e
ip link add "$1" type veth peer name eth0 netns "$2"
ip link set "$1" up
ip route add "$3/32" dev "$1" src ${meshAddress}
exec nsenter --net="$2" sh -c "$4" weft "$3"
`;

/** @param rules for iptables-restore; empty for a pod without interception. */
export const createNetwork = async (network: PodNetwork, rules: string): Promise<void> => {
  await removeNetwork(network); // What an attempt that failed half-way left.
  await mkdir(inside.networks, { recursive: true });
  await writeFile(network.file, '');
  await run(['unshare', `--net=${network.file}`, 'true']);
  await run(['sh', '-c', script, 'weft', network.device, network.file, network.address, insideScript], { input: rules });
};

/** The namespace itself goes with its last process; the veth pair goes now. */
export const removeNetwork = async ({ file, device }: PodNetwork): Promise<void> => {
  await run(['ip', 'link', 'delete', device]).catch(() => '');
  await run(['umount', '-l', file]).catch(() => '');
  await rm(file, { force: true });
};
