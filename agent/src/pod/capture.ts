/** The rules of a pod's network namespace, for `iptables-restore --noflush`. Pure. */
import { captureRules } from '@weft/compile/inject';
import { inboundCapturePort, outboundCapturePort, socketMark } from '@weft/envoy';
import type { PodSpec } from '@weft/model';
import { meshAddress, probeAddress } from '../addresses.ts';

/** The agent's probes ask the application; no pod can send in their name (`node/network.ts`, rp_filter). */
const exemptProbes = `*nat\n-I PREROUTING 1 -s ${probeAddress}/32 -p tcp -j RETURN\nCOMMIT\n`;

/** Empty for a pod without interception: a gateway is an Envoy that is spoken to. */
export const rulesOf = ({ proxy, annotations }: PodSpec): string => {
  if (proxy !== 'sidecar') return '';
  const rules = captureRules({ proxyMark: socketMark, inboundCapturePort, outboundCapturePort, dnsAddress: meshAddress, annotations });
  return rules + exemptProbes;
};
