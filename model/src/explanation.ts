/** The way of a request through the mesh, in the words of the proxies' configuration and of the objects that it was made of. */

/** What is asked about, as the client says it. */
export interface Request {
  /** `http` unless said otherwise. `tls`: bytes that begin with a ClientHello for `host`; `tcp`: any other bytes. */
  readonly protocol?: 'http' | 'tls' | 'tcp';
  /** The name that is called, without port: of the Host header, or of the ClientHello. */
  readonly host: string;
  /** The port dialled. */
  readonly port: number;
  /** The address dialled; absent: what `host` resolves to. */
  readonly address?: string;
  /** The Host header where it is not `host` alone: with a port. */
  readonly authority?: string;
  /** With query. */
  readonly path?: string;
  readonly method?: string;
  /** Any case; a name that comes several times with all its values. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** `https`: inside TLS for `host`, which a gateway ends. */
  readonly scheme?: 'http' | 'https';
  /** What the client shows in TLS; absent: nothing. */
  readonly certificate?: ClientCertificate;
  /** Where the client is, if it is outside the mesh; absent: nobody knows. */
  readonly clientAddress?: string;
}

/** One of the mesh's; one that the server's CA vouches for, with the names that it asks for; one that it knows nothing of. */
export type ClientCertificate = 'mesh' | 'known' | 'unknown';

export interface HeaderChanges {
  readonly set: Readonly<Record<string, string>>;
  readonly add: Readonly<Record<string, string>>;
  readonly remove: readonly string[];
}

/** The object that a part of the way was made of. */
export interface WrittenPlace {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** `spec.http[0].match[1]`; empty: the whole object. */
  readonly path: string;
  /** Absent for objects from the API. */
  readonly file?: string;
  readonly line?: number;
  /** The route of another object that gave its requests to this one. */
  readonly delegatedBy?: WrittenPlace;
}

export interface EndpointStep {
  readonly address: string;
  readonly port: number;
  /** Pod or workload; empty where nobody is known. */
  readonly workload: string;
  readonly namespace: string;
  /** `region/zone/subzone`; empty where unknown. */
  readonly locality: string;
  /** `unknown`: Envoy resolves the name itself. */
  readonly health: 'ready' | 'not ready' | 'unknown';
  /** 0 is the nearest: others are for when too few of it are ready. */
  readonly priority: number;
  /** Its share of the cluster's requests; where a hash decides, of all hashes there are. */
  readonly percent: number;
  readonly weight: number;
  readonly mtls: boolean;
}

/** How connections to a cluster are secured: by each endpoint's ability, or as a DestinationRule says. */
export interface TlsStep {
  readonly mode: 'plaintext' | 'mTLS' | 'by endpoint' | 'SIMPLE' | 'MUTUAL';
  readonly sni?: string;
  /** Names of which the server must show one; absent: any that its roots vouch for. */
  readonly identities?: readonly string[];
}

export interface ClusterStep {
  readonly name: string;
  /** As configured; `percent` is its share of the requests. */
  readonly weight: number;
  readonly percent: number;
  readonly endpoints: readonly EndpointStep[];
  readonly loadBalancer: string;
  readonly tls: TlsStep;
  readonly connectTimeout?: number;
  /** What this destination alone does to requests. */
  readonly rewrites?: Rewrites;
  /** The DestinationRule that says how it is called. */
  readonly object?: WrittenPlace;
  /** What callers get instead of an answer. */
  readonly failure?: Failure;
}

export interface Failure {
  readonly status: number;
  /** Envoy's response flag: `NC` no such cluster, `UH` nobody healthy in it. */
  readonly flag: 'NC' | 'UH';
  readonly why: string;
}

export interface Rewrites {
  /** As the upstream gets it, with query; absent: as it came. */
  readonly path?: string;
  readonly host?: string;
  readonly request?: HeaderChanges;
  readonly response?: HeaderChanges;
}

export interface RetryStep {
  readonly attempts: number;
  readonly on: readonly string[];
  readonly statusCodes: readonly number[];
  readonly perTryTimeout?: number;
  /** Another try goes to an endpoint that was not tried, where there is one. */
  readonly otherEndpoint?: true;
  /** Another try goes to localities that were not tried, however far away. */
  readonly otherLocality?: true;
}

export interface FaultStep {
  /** Milliseconds. */
  readonly delay?: { readonly time: number; readonly percent: number };
  readonly abort?: { readonly status: number; readonly grpcStatus?: number; readonly percent: number };
}

/** Who gets copies, and of how many requests. */
export type MirrorStep = Omit<ClusterStep, 'weight'>;

export interface Outcome {
  /**
   * `forward` to one of the clusters; `redirect` and `direct`: the proxy answers; `passthrough`: on to the address dialled;
   * `refused`: an error, or without status a closed connection.
   */
  readonly kind: 'forward' | 'redirect' | 'direct' | 'passthrough' | 'refused';
  readonly status?: number;
  readonly flag?: string;
  readonly location?: string;
  readonly body?: string;
  readonly why: string;
}

/** A rule of an AuthorizationPolicy. */
export interface DecidingRule {
  readonly policy: string;
  readonly namespace: string;
  /** Its number among the policy's rules. */
  readonly rule: number;
  /** The field that decided; empty: the rule has no condition, or the policy no rule. */
  readonly condition: string;
  readonly file?: string;
  readonly line?: number;
}

/** One value more in a field of an AuthorizationPolicy. */
export interface Amendment {
  readonly policy: string;
  readonly namespace: string;
  /** Where it is to stand. */
  readonly path: string;
  readonly add: string;
  readonly file?: string;
  readonly line?: number;
}

/** An external authorizer has the next word, before all that the verdict tells. */
export interface Delegated extends DecidingRule {
  readonly provider: string;
  readonly outcomes: readonly ('allowed' | 'refused')[];
}

/** What a policy would do that is only tried, or one that only tells. */
export interface Aside extends DecidingRule {
  readonly kind: 'audit' | 'dry run of DENY' | 'dry run of ALLOW';
}

/** What policies say of a request or a connection, where it comes in. */
export interface Verdict {
  /** Once all who are asked have let it pass. */
  readonly allowed: boolean;
  readonly status?: 401 | 403;
  readonly why: string;
  /** Who calls, as far as policies see it. */
  readonly caller: { readonly identity?: string; readonly address?: string; readonly client?: string };
  /** The rule that decided; absent: none did. */
  readonly by?: DecidingRule;
  /** Where no ALLOW rule matches: the one that lacks least, and what would have made it match. */
  readonly nearest?: DecidingRule;
  readonly change?: string;
  /** What would have to be added to policies for just this to be allowed: tried, and it is. */
  readonly amendments?: readonly Amendment[];
  /** Absent: policies' own rules. */
  readonly refusedBy?: 'authorizer' | 'token';
  readonly asks?: readonly Delegated[];
  readonly asides?: readonly Aside[];
}

export interface Hop {
  /** `namespace/name` */
  readonly proxy: string;
  readonly role: 'client' | 'server' | 'gateway';
  /** The cluster of the hop before that leads here; absent for the first. */
  readonly reachedBy?: string;
  readonly listener: string;
  readonly filterChain: string;
  /** Empty where bytes are carried, or where no route table has the host. */
  readonly virtualHost: string;
  /** Name of the route; empty where nobody named it. */
  readonly route: string;
  readonly object?: WrittenPlace;
  readonly clusters: readonly ClusterStep[];
  /** Milliseconds; 0: none. */
  readonly timeout: number;
  readonly retries?: RetryStep;
  /** What of TLS the listener demands or opens; what clusters speak stands with them. */
  readonly tls: string;
  readonly rewrites: Rewrites;
  readonly faults?: FaultStep;
  readonly mirrors?: readonly MirrorStep[];
  /** Headers that answers get because the request's origin is allowed. */
  readonly cors?: Readonly<Record<string, string>>;
  /** Absent where nobody is asked: on the client's side, and where a connection is closed before. */
  readonly verdict?: Verdict;
  readonly outcome: Outcome;
}

/** A hop before it is known whose it is. */
export type Passage = Omit<Hop, 'proxy' | 'role' | 'reachedBy'>;

/** All hops that the request may take, in the order in which it does. */
export interface Journey {
  /** `namespace/name` of the pod that asks, or `outside`. */
  readonly from: string;
  readonly request: Request;
  readonly hops: readonly Hop[];
  /** Of the whole: what the client gets. */
  readonly outcome: Outcome;
  /** Objects that have a say in what the first proxy does with that host. */
  readonly concerned?: readonly WrittenPlace[];
}

export interface ExplainRequest {
  readonly request: Request;
  /** A pod; absent: somebody outside. */
  readonly from?: { readonly namespace: string; readonly name: string };
}
