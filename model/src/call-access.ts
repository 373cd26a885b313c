/** Who may call whom, as policies and modes of mutual TLS say it, whatever was called so far. */
import type { DecidingRule } from './explanation.ts';

/** `depends`: on what is asked for, or on what an external authorizer says. */
export type AccessDecision = 'allowed' | 'denied' | 'depends';

export interface AccessEnd {
  readonly namespace: string;
  readonly workload: string;
}

export interface AccessPair {
  readonly from: AccessEnd;
  readonly to: AccessEnd;
  /** Of the callee: those of which the same is true. */
  readonly ports: readonly number[];
  readonly decision: AccessDecision;
  readonly why: string;
  /** Rules that allow, deny or may. */
  readonly rules: readonly DecidingRule[];
}
