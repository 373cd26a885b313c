/**
 * Routing of connections: `tls` and `tcp` rules, first as they are written and then as they were resolved for one place. Sidecars
 * and gateways use the same shapes. Identity-stable.
 */
import type { TrafficPolicy } from './policy.ts';
import type { Written } from './route.ts';
import type { RuleTarget } from './routing.ts';
import type { Labels } from './workload.ts';

/** What is left for Envoy to look at. */
export interface ConnectionMatch {
  /** Server names of the TLS hello, also `*.example.com` and `*`; empty: whatever it says, TLS or not. */
  readonly serverNames: readonly string[];
  /** Addresses and CIDR blocks that were dialled, in one spelling each; empty: any. */
  readonly subnets: readonly string[];
}

export interface ConnectionRuleMatch extends ConnectionMatch {
  /** The match, or the rule where it has none. */
  readonly origin: Written;
  readonly port?: number;
  readonly sourceLabels?: Labels;
  readonly sourceNamespace?: string;
  /** Resolved names (`namespace/name` or `mesh`); unlike those of HTTP matches they do not replace the conditions on the source. */
  readonly gateways?: readonly string[];
}

export interface ConnectionRule {
  /** Never empty: a rule without match has one that matches everything. */
  readonly matches: readonly ConnectionRuleMatch[];
  /** Never empty, weights above 0. */
  readonly destinations: readonly (RuleTarget & { readonly weight: number })[];
}

export interface WeightedCluster {
  readonly cluster: string;
  readonly weight: number;
}

/** One match of one rule, in the order in which they apply [S51]. */
export interface ConnectionRoute {
  readonly match: ConnectionMatch;
  /** Never empty. */
  readonly clusters: readonly WeightedCluster[];
  /** What the listener takes from the policy of the first destination: idle time, connections' length, hashing by source. */
  readonly policy: TrafficPolicy;
  /** Some cluster's mesh TLS tells the server that HTTP is inside, which these connections need not be. */
  readonly entersHttp: boolean;
  readonly origin: Written;
}
