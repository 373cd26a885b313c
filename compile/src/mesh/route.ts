/** HTTP routing (a VirtualService after it was resolved for one place), in the order in which it applies. Identity-stable. */

export type StringMatch =
  | { readonly kind: 'exact'; readonly value: string }
  | { readonly kind: 'prefix'; readonly value: string }
  | { readonly kind: 'regex'; readonly value: string }
  /** The header is there, whatever it says. */
  | { readonly kind: 'present' };

export interface HttpMatch {
  readonly name: string;
  /** Statistics of the route are kept under this name. */
  readonly statPrefix?: string;
  readonly uri?: StringMatch;
  readonly ignoreUriCase: boolean;
  readonly method?: StringMatch;
  readonly authority?: StringMatch;
  readonly scheme?: StringMatch;
  readonly headers: readonly { readonly name: string; readonly match: StringMatch; readonly invert: boolean }[];
  readonly queryParams: readonly { readonly name: string; readonly match: StringMatch }[];
  /** Claims of a verified token, by the path to each: `groups`, or `address` and `country` [S46]. */
  readonly claims?: readonly { readonly path: readonly string[]; readonly match: StringMatch; readonly invert: boolean }[];
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
  /** Another try goes to another host; absent: it does, unless a hash chooses the host [S36]. */
  readonly otherHost?: boolean;
  /** Another try prefers localities that were not tried yet. */
  readonly remoteLocalities?: boolean;
}

/** Istio's retries where nobody says otherwise, with and without a VirtualService [S36, S37]. */
export const defaultRetry: Retry = {
  attempts: 2,
  retryOn: ['connect-failure', 'refused-stream', 'unavailable', 'cancelled', 'retriable-status-codes'],
  statusCodes: [],
};

/** Parts of a million. */
export type Share = number;

export interface Mirror {
  /** Name of the Envoy cluster. */
  readonly cluster: string;
  readonly share: Share;
}

/** Without a status a share of requests would be chosen and nothing done. */
export interface Fault {
  readonly delay?: { readonly time: number; readonly share: Share };
  readonly abort?: { readonly status: { readonly http: number } | { readonly grpc: number }; readonly share: Share };
}

export interface Cors {
  readonly origins: readonly StringMatch[];
  readonly methods: readonly string[];
  readonly headers: readonly string[];
  readonly exposeHeaders: readonly string[];
  /** Whole seconds. */
  readonly maxAge?: number;
  readonly credentials?: boolean;
  /** A preflight of an origin that is not allowed goes to the destination, or is answered without CORS headers [S45]. */
  readonly unmatchedPreflights: 'forward' | 'answer';
}

/** What of a request or connection decides which endpoint gets it: the routes carry it, and TCP proxies [S57]. */
export type HashKey =
  | { readonly kind: 'header'; readonly name: string }
  | {
      readonly kind: 'cookie';
      readonly name: string;
      readonly path?: string;
      /** Absent: only cookies that clients bring are read, none is made; 0: one for the session. */
      readonly ttl?: number;
      readonly attributes: readonly { readonly name: string; readonly value: string }[];
    }
  | { readonly kind: 'source-address' }
  | { readonly kind: 'query-parameter'; readonly name: string };

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
      /** Copies of requests, whose answers nobody waits for. */
      readonly mirrors?: readonly Mirror[];
      /** Of the destinations whose policies balance by hash, in their order [S57]. */
      readonly hash?: readonly HashKey[];
    }
  | {
      readonly kind: 'redirect';
      readonly code: number;
      readonly uri?: string;
      readonly authority?: string;
      readonly port?: number;
      readonly scheme?: string;
    }
  | { readonly kind: 'direct'; readonly status: number; readonly body?: { readonly text: string } | { readonly base64: string } };

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
  /** The route of another object that gave its requests to this one [S50]. */
  readonly delegatedBy?: Written;
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
  readonly fault?: Fault;
  readonly cors?: Cors;
}
