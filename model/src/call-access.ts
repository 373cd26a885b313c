/** Who may call whom, as policies and modes of mutual TLS say it, whatever was called so far. */
import type { DecidingRule } from './explanation.ts';
import type { MtlsState } from './topology.ts';

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

/** What was seen of a pair in the time asked for. */
export interface SeenCalls {
  readonly requests: number;
  readonly failed: number;
  readonly connectionsOpened: number;
  readonly mtls: MtlsState;
}

/** Who may call whom, against who does. */
export interface AccessMatrix {
  readonly from: number;
  readonly to: number;
  readonly items: readonly (AccessPair & { readonly seen?: SeenCalls })[];
  /** Services that nobody called. */
  readonly unused: readonly { readonly namespace: string; readonly name: string }[];
  /** Pairs that there are beyond those told: ask for one namespace. */
  readonly leftOut: number;
}
