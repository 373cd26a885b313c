import type { Problem } from '../problem.ts';
import { checkLabelMap, invalid } from '../rule.ts';
import { childPath } from '../yaml/json.ts';

export type PeerMtlsMode = 'UNSET' | 'DISABLE' | 'PERMISSIVE' | 'STRICT';

export interface PeerAuthenticationSpec {
  readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
  readonly mtls?: { readonly mode?: PeerMtlsMode };
  /** By the workload's own port, not the service's [S89]. */
  readonly portLevelMtls?: Readonly<Record<string, { readonly mode?: PeerMtlsMode }>>;
}

/** The CRD's own rules say that `portLevelMtls` needs a selector and that its keys are ports. */
export function* checkPeerAuthentication(spec: PeerAuthenticationSpec): Iterable<Problem> {
  yield* checkLabelMap(spec.selector?.matchLabels, 'spec.selector.matchLabels', 'IST0106');
  for (const port of Object.keys(spec.portLevelMtls ?? {})) {
    if (!/^[1-9]\d{0,4}$/.test(port))
      yield invalid(childPath('spec.portLevelMtls', port), `\`${port}\` is no port`, 'Write a number between 1 and 65535.');
  }
}
