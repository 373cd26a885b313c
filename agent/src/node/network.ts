/** The mesh's own network namespace, in which this process lives. */
import { nodeAddresses, plainDnsAddress } from '../addresses.ts';
import { inside } from '../host/launch.ts';
import { run } from '../process/child.ts';

/** Strict reverse-path filtering keeps a pod from sending in another's name, or in the name that probes come from. */
const setUp = `set -e
ip link set lo up
for address in ${nodeAddresses.join(' ')}; do ip address add "$address/32" dev lo; done
echo 1 > /proc/sys/net/ipv4/ip_forward
for scope in all default; do
  echo 1 > /proc/sys/net/ipv4/conf/$scope/rp_filter
  echo 0 > /proc/sys/net/ipv4/conf/$scope/send_redirects
  [ ! -e /proc/sys/net/ipv6/conf/$scope ] || echo 1 > /proc/sys/net/ipv6/conf/$scope/disable_ipv6
done
`;

/**
 * Everything in this mount namespace, Envoys above all, resolves names by the mesh's DNS: their users are not this process's,
 * whose umask keeps its files to itself. The host's /run is hidden here: a link into it leads nowhere until its target is made anew.
 */
const useMeshDns = `set -e
umask 022
echo 'nameserver ${plainDnsAddress}' > ${inside.resolvConf}
target=$(readlink -m /etc/resolv.conf)
case $target in /run/*) mkdir -p "$(dirname "$target")" && : > "$target";; esac
mount -n --bind ${inside.resolvConf} "$target"
`;

export const setUpNetwork = async (): Promise<void> => {
  await run(['sh', '-c', setUp]);
  await run(['sh', '-c', useMeshDns]);
};

/** Replaces one family's whole firewall in one step, and only when its text has changed. */
export class Firewall {
  private wanted = '';
  private applied = '';
  private working: Promise<void> = Promise.resolve();
  private readonly restore: 'iptables-restore' | 'ip6tables-restore';
  private readonly onTrouble: (message: string) => void;

  constructor(restore: Firewall['restore'], onTrouble: (message: string) => void) {
    this.restore = restore;
    this.onTrouble = onTrouble;
  }

  update(rules: string): Promise<void> {
    this.wanted = rules;
    this.working = this.working.then(() => this.apply());
    return this.working;
  }

  private async apply(): Promise<void> {
    if (this.wanted === this.applied) return;
    const text = this.wanted;
    try {
      await run([this.restore], { input: text });
      this.applied = text;
    } catch (error) {
      this.onTrouble(`the rules for Services were not taken: ${(error as Error).message}`);
    }
  }
}
