import type { PodSpec } from '@weft/model';

/** An instance that weftd itself decided to run: the ground truth for tokens, certificates and node metadata. */
export interface Instance {
  readonly pod: PodSpec;
  /** Empty until the agent reported it. */
  readonly address: string;
  /** Beside it, where the agent's host has IPv6. */
  readonly ipv6?: string;
  readonly ready: boolean;
}

export interface Registry {
  find(namespace: string, name: string): Instance | undefined;
  list(): readonly Instance[];
}
