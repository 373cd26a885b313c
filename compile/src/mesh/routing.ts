/**
 * HTTP routing rules before they are resolved for a place: who the client is, which port it dials and which services it sees
 * decide what of them applies. `scope` makes `HttpRoute`s of them.
 */
import type { ConnectionRule } from './connection.ts';
import type { Cors, Fault, HeaderOperations, HttpMatch, Mirror, Retry, RouteAction, Written } from './route.ts';
import type { Labels } from './workload.ts';

/** The gateway of all sidecars. */
export const mesh = 'mesh';

export interface RuleMatch {
  readonly match: HttpMatch;
  readonly port?: number;
  readonly sourceLabels?: Labels;
  readonly sourceNamespace?: string;
  /** Resolved names (`namespace/name` or `mesh`); where set, the source is not looked at [S26]. */
  readonly gateways?: readonly string[];
  /** The match where there is one, else the rule. */
  readonly origin: Written;
}

/** A service, or a part of it, before it is known as a cluster. */
export interface RuleTarget {
  /** Lower-case FQDN. */
  readonly host: string;
  /** Empty: the whole service. */
  readonly subset: string;
  /** Absent: the service's only port, otherwise the listener's [S33]. */
  readonly port?: number;
}

export interface RuleDestination extends RuleTarget {
  readonly weight: number;
  readonly request: HeaderOperations;
  readonly response: HeaderOperations;
  readonly authority?: string;
}

type Redirect = Extract<RouteAction, { readonly kind: 'redirect' }>;
type Forward = Extract<RouteAction, { readonly kind: 'forward' }>;

export type RuleAction =
  | (Omit<Forward, 'destinations' | 'retry' | 'mirrors' | 'hash'> & {
      readonly destinations: readonly RuleDestination[];
      readonly retry?: Retry;
      readonly mirrors?: readonly (RuleTarget & Pick<Mirror, 'share'>)[];
    })
  | (Redirect & { readonly portOfRequest?: boolean })
  | Extract<RouteAction, { readonly kind: 'direct' }>;

export interface Rule {
  readonly name: string;
  /** One route each [S24]; never empty: a rule without match has one that matches everything. */
  readonly matches: readonly RuleMatch[];
  readonly action: RuleAction;
  readonly request: HeaderOperations;
  readonly response: HeaderOperations;
  readonly fault?: Fault;
  readonly cors?: Cors;
}

/** The rules of one VirtualService. */
export interface Routing {
  /** `namespace/name` */
  readonly key: string;
  readonly namespace: string;
  readonly exportTo: readonly string[];
  /** Lower-case FQDNs and wildcards. */
  readonly hosts: readonly string[];
  /** `namespace/name` or `mesh`. */
  readonly gateways: readonly string[];
  readonly rules: readonly Rule[];
  /** For TLS that is passed on unopened. */
  readonly tls: readonly ConnectionRule[];
  readonly tcp: readonly ConnectionRule[];
}
