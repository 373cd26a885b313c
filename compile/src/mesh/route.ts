/** HTTP routing (a VirtualService after it was resolved for one place), in the order in which it applies. Identity-stable. */

export type StringMatch =
  | { readonly kind: 'exact'; readonly value: string }
  | { readonly kind: 'prefix'; readonly value: string }
  | { readonly kind: 'regex'; readonly value: string }
  /** The header is there, whatever it says. */
  | { readonly kind: 'present' };

export interface HttpMatch {
  readonly name: string;
  readonly uri?: StringMatch;
  readonly ignoreUriCase: boolean;
  readonly method?: StringMatch;
  readonly authority?: StringMatch;
  readonly scheme?: StringMatch;
  readonly headers: readonly { readonly name: string; readonly match: StringMatch; readonly invert: boolean }[];
  readonly queryParams: readonly { readonly name: string; readonly match: StringMatch }[];
}

/** Never of `host` nor of pseudo headers: Envoy refuses those, and setting `host` is a rewrite of the host [S41]. */
export interface HeaderOperations {
  readonly set: Readonly<Record<string, string>>;
  readonly add: Readonly<Record<string, string>>;
  readonly remove: readonly string[];
}

export interface Destination {
  /** Name of the Envoy cluster: `outbound|80|v1|catalog.shop.svc.cluster.local`. */
  readonly cluster: string;
  readonly weight: number;
  readonly request: HeaderOperations;
  readonly response: HeaderOperations;
  /** Host rewrite of this destination alone (its header operations set `host`); a single destination's stands in the action. */
  readonly authority?: string;
}

export interface Retry {
  readonly attempts: number;
  readonly perTryTimeout?: number;
  readonly retryOn: readonly string[];
  readonly statusCodes: readonly number[];
  readonly backoff?: number;
}

/** Istio's retries where nobody says otherwise, with and without a VirtualService [S36, S37]. */
export const defaultRetry: Retry = {
  attempts: 2,
  retryOn: ['connect-failure', 'refused-stream', 'unavailable', 'cancelled', 'retriable-status-codes'],
  statusCodes: [],
};

export type RouteAction =
  | {
      readonly kind: 'forward';
      readonly destinations: readonly Destination[];
      readonly timeout: number;
      readonly retry?: Retry;
      readonly rewrite?: {
        readonly uri?: string;
        readonly authority?: string;
        readonly regex?: { readonly match: string; readonly rewrite: string };
      };
    }
  | {
      readonly kind: 'redirect';
      readonly code: number;
      readonly uri?: string;
      readonly authority?: string;
      readonly port?: number;
      readonly scheme?: string;
    }
  | { readonly kind: 'direct'; readonly status: number; readonly body?: string };

/**
 * Where something was written: an object and the field's path, of which the object knows the line. No line here: an object that
 * only moves in its file must not change what is made of it.
 */
export interface Written {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** `spec.http[0].match[1]` */
  readonly path: string;
}

export interface HttpRoute {
  readonly name: string;
  /** Absent: a rule of nobody's, made here. */
  readonly origin?: Written;
  /** Already OR-expanded: one match each [S24]. */
  readonly match: HttpMatch;
  readonly action: RouteAction;
  readonly request: HeaderOperations;
  readonly response: HeaderOperations;
}
