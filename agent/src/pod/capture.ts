/** The rules of a pod's network namespace, for `iptables-restore --noflush` and ip6tables'. Pure. */
import { captureRules } from '@weft/compile/inject';
import { inboundCapturePort, outboundCapturePort, socketMark } from '@weft/envoy';
import type { PodSpec } from '@weft/model';
import { meshAddress, meshAddress6, probeAddress, probeAddress6 } from '../addresses.ts';
import type { CaptureText } from './network.ts';

/** The agent's probes ask the application; no pod can send in their name (`node/network.ts`, rp_filter). */
const exemptProbes = (address: string): string => `*nat\n-I PREROUTING 1 -s ${address} -p tcp -j RETURN\nCOMMIT\n`;

/** Nothing for a pod without interception: a gateway is an Envoy that is spoken to. */
export const rulesOf = ({ proxy, annotations }: PodSpec): CaptureText => {
  if (proxy !== 'sidecar') return { ipv4: '', ipv6: '' };
  const capture = { proxyMark: socketMark, inboundCapturePort, outboundCapturePort, annotations };
  return {
    ipv4: captureRules({ ...capture, dnsAddress: meshAddress }) + exemptProbes(probeAddress),
    ipv6: captureRules({ ...capture, dnsAddress: meshAddress6 }, 'IPv6') + exemptProbes(probeAddress6),
  };
};
