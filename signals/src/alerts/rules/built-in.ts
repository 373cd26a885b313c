/** What everybody is told about without having asked. A rule of the same name in the root namespace stands in one's place. */
import type { AlertRuleSpec } from '@weft/model';

export const builtInRules: Readonly<Record<string, AlertRuleSpec>> = {
  'no-traffic': { summary: 'A service that was called all the time is called no more', signal: { noTraffic: {} }, window: '10m' },
  'certificate-expiry': {
    summary: 'A certificate ends soon, and nobody has renewed it',
    // Workloads' live 24 hours and are renewed after half of that.
    signal: { certificateExpiry: { within: '6h' } },
    severity: 'page',
  },
  'proxy-out-of-step': { summary: 'A proxy does not run what is in force', signal: { proxyOutOfStep: {} }, for: '2m' },
  'plaintext-traffic': { summary: 'A workload is called without mutual TLS', signal: { plaintext: {} }, window: '5m' },
};
