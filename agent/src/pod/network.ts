/** One pod's network namespace: a veth pair routed to the mesh's namespace with /32 addresses, and its capture rules. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { meshAddress, meshAddress6, metadataRanges6, outsideRanges6 } from '../addresses.ts';
import { inside } from '../host/launch.ts';
import { run } from '../process/child.ts';

export interface PodNetwork {
  /** A file that keeps the namespace, for nsenter; `ip -n` takes its name. */
  readonly file: string;
  readonly device: string;
  readonly address: string;
  /** Where the mesh has IPv6. */
  readonly ipv6?: string;
}

/** Texts for iptables-restore and ip6tables-restore; empty for a pod without interception. */
export interface CaptureText {
  readonly ipv4: string;
  readonly ipv6: string;
}

export const podNetwork = (index: number, { address, ipv6 }: Pick<PodNetwork, 'address' | 'ipv6'>): PodNetwork => ({
  file: `${inside.networks}/pod${index}`,
  device: `pod${index}`,
  address,
  ...(ipv6 !== undefined && { ipv6 }),
});

/** The ends of each veth pair know each other by these: nobody asks for neighbours in IPv6, so that nobody can lie about them. */
const meshEnd = '02:57:65:66:74:01';
const podEnd = '02:57:65:66:74:02';

const insideScript = `set -e
echo 0 > /proc/sys/net/ipv4/ip_unprivileged_port_start
settings=/proc/sys/net/ipv6/conf/eth0
# Where nothing captures IPv6, the way to the mesh has none; ::1 stays.
[ ! -e $settings ] || echo 1 > $settings/disable_ipv6
ip link set lo up
ip address add "$1/32" dev eth0
ip link set eth0 up
ip route add default via ${meshAddress} dev eth0 onlink
iptables-restore --noflush
[ -n "$2" ] || exit 0
# No link-local address, no advertisements, no redirects. From ::6 Envoy speaks to the application [S3].
echo 1 > $settings/addr_gen_mode
echo 0 > $settings/accept_ra
echo 0 > $settings/accept_redirects
echo 0 > $settings/disable_ipv6
ip -6 address add ::6/128 dev lo nodad
ip -6 address add "$2/128" dev eth0 nodad
ip -6 neigh replace ${meshAddress6} lladdr ${meshEnd} dev eth0 nud permanent
for range in ${outsideRanges6.join(' ')}; do ip -6 route add $range via ${meshAddress6} dev eth0 onlink; done
for range in ${metadataRanges6.join(' ')}; do ip -6 route add unreachable $range; done
`;

const script = `set -e
ip link add "$1" address ${meshEnd} type veth peer name eth0 address ${podEnd} netns "$2"
ip link set "$1" up
ip route add "$3/32" dev "$1" src ${meshAddress}
if [ -n "$4" ]; then
  ip -6 route add "$4/128" dev "$1"
  ip -6 neigh replace "$4" lladdr ${podEnd} dev "$1" nud permanent
fi
exec nsenter --net="$2" sh -c "$5" weft "$3" "$4"
`;

export const createNetwork = async (network: PodNetwork, rules: CaptureText): Promise<void> => {
  await removeNetwork(network); // What an attempt that failed half-way left.
  await mkdir(inside.networks, { recursive: true });
  await writeFile(network.file, '');
  await run(['unshare', `--net=${network.file}`, 'true']);
  const { device, file, address, ipv6 = '' } = network;
  if (ipv6 !== '') await run(['nsenter', `--net=${file}`, 'ip6tables-restore', '--noflush'], { input: rules.ipv6 });
  await run(['sh', '-c', script, 'weft', device, file, address, ipv6, insideScript], { input: rules.ipv4 });
};

/** The namespace itself goes with its last process; the veth pair goes now. */
export const removeNetwork = async ({ file, device }: PodNetwork): Promise<void> => {
  await run(['ip', 'link', 'delete', device]).catch(() => '');
  await run(['umount', '-l', file]).catch(() => '');
  await rm(file, { force: true });
};
