/** IPv6 in the mesh, where the kernel has all that keeps it as closed as IPv4; whoever lacks a part of it has IPv4 alone. */
import { captureRules } from '@weft/compile/inject';
import { meshAddress6, nodeAddresses6, ranges6 } from '../addresses.ts';
import { run } from '../process/child.ts';
import { firewall6 } from './services.ts';

const settings = '/proc/sys/net/ipv6/conf';

/** No link-local addresses, no advertisements, no redirects: neighbours and routes are written down. */
const setUp = `set -e
ip link set lo up
for scope in all default; do
  echo 0 > ${settings}/$scope/disable_ipv6
  echo 0 > ${settings}/$scope/accept_ra
  echo 0 > ${settings}/$scope/accept_redirects
done
echo 1 > ${settings}/default/addr_gen_mode
for address in ${nodeAddresses6.join(' ')}; do ip -6 address add $address/128 dev lo nodad; done
# What no pod has ends here, where the rules refuse it at once; without a way it would be given up after a second.
for range in ${ranges6.join(' ')}; do ip -6 route add local $range dev lo table main; done
echo 1 > ${settings}/all/forwarding
exec ip6tables-restore
`;

const giveUp = `for scope in all default; do
  [ ! -e ${settings}/$scope ] || echo 1 > ${settings}/$scope/disable_ipv6
done
`;

/** Every kind of rule that will be needed. */
const samples = (): readonly string[] => {
  const endpoint = (last: number) => ({ address: `fd00:10:244::${last}`, port: 80 });
  const service = { address: 'fd00:10:96::1', port: 80, endpoints: [endpoint(2), endpoint(3)] };
  return [firewall6([service], ['fd00:10:244::2']), captureRules({ proxyMark: 1, dnsAddress: meshAddress6 }, 'IPv6')];
};

/** @returns why there is none; absent: pods get IPv6 addresses. */
export const setUpIPv6 = async (): Promise<string | undefined> => {
  try {
    // In namespaces that are thrown away.
    await Promise.all(samples().map((input) => run(['unshare', '-n', 'sh', '-c', setUp], { input })));
    await run(['sh', '-c', setUp], { input: firewall6([], []) });
    return undefined;
  } catch (error) {
    await run(['sh', '-c', giveUp]);
    return (error as Error).message;
  }
};
