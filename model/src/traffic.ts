/** What of the configuration is used: which routes and which rules recorded traffic met. */

export interface RouteUse {
  readonly kind: 'VirtualService';
  readonly namespace: string;
  readonly name: string;
  /** `spec.http[0]` */
  readonly path: string;
  /** As the VirtualService calls it; empty: it has none. */
  readonly route: string;
  readonly hosts: readonly string[];
  readonly requests: number;
  readonly failed: number;
  /** Of the requests that this VirtualService led somewhere; absent: there were none. */
  readonly share?: number;
  /** Where they went, by Envoy's cluster. */
  readonly destinations: readonly { readonly cluster: string; readonly requests: number; readonly share: number }[];
}

export interface RuleUse {
  readonly kind: 'AuthorizationPolicy';
  readonly namespace: string;
  readonly name: string;
  readonly rule: number;
  readonly action: string;
  /** What it decided, of requests and connections. */
  readonly matched: number;
  /** Of all that came in at workloads of which a policy decided; absent: nothing did. */
  readonly share?: number;
}

export interface TrafficUse {
  readonly from: number;
  readonly to: number;
  /** Records that were looked at: the newest. */
  readonly looked: number;
  /** False: there are more in this time. */
  readonly whole: boolean;
  readonly routes: readonly RouteUse[];
  readonly rules: readonly RuleUse[];
}
