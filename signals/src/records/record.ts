/** Who did what with whom, as one proxy saw it: one request, or one connection that is not HTTP. */

/** One end. What is not known is empty. */
export interface Party {
  /** Verified by mutual TLS: `spiffe://...`. */
  readonly principal: string;
  readonly namespace: string;
  readonly workload: string;
  readonly app: string;
  readonly version: string;
  readonly cluster: string;
  /** Address and port of the connection. */
  readonly address: string;
}

export interface Source extends Party {
  /** Whom trusted proxies speak of [S109]; else the one who opened the connection. Without a port. */
  readonly client: string;
}

export interface Destination extends Party {
  /** Host of the service that was called. */
  readonly service: string;
}

export interface RequestPart {
  readonly method: string;
  readonly host: string;
  /** Without its query, in which people put secrets. */
  readonly path: string;
  readonly status: number;
  /** Empty where it was no gRPC. */
  readonly grpcStatus: string;
  /** `x-request-id`, which proxies pass on: it joins what they say of one request. A caller can choose it. */
  readonly id: string;
  /** Empty where nobody traces. */
  readonly trace: string;
  /** The id that a refused caller was given. */
  readonly denial: string;
}

/** Of a connection that was refused. Whoever opened it was told nothing: the id stands in the proxy's log. */
export interface Refusal {
  readonly id: string;
  /** The identity that its certificate names and no handshake proved; empty: it named none. */
  readonly claimed: string;
  /** That it asked for in TLS; empty: none, or no TLS. */
  readonly serverName: string;
}

export interface Tls {
  readonly version: string;
  readonly cipher: string;
  /** Of the other end's certificate; empty where the proxy does not tell. */
  readonly serial: string;
  /** Name that the client asked for. */
  readonly serverName: string;
}

/** A rule by its place: `rule 0 of AuthorizationPolicy shop/ledger`. */
export interface RuleRef {
  readonly namespace: string;
  readonly name: string;
  readonly rule: number;
}

/** A rule of a VirtualService, by its place when it led: `spec.http[0]`. */
export interface LedBy {
  readonly namespace: string;
  readonly name: string;
  readonly path: string;
}

/** `listener`: no way in is for such a connection, as plaintext under STRICT; `handshake`: its TLS failed. */
export type Refuser = 'policy' | 'authorizer' | 'token' | 'listener' | 'handshake';

export type Verdict =
  /** `rule` is absent where no policy is for this workload. */
  | { readonly kind: 'allowed'; readonly rule?: RuleRef }
  /** Absent `rule`: no ALLOW rule matched, or it was no policy's rule. */
  | { readonly kind: 'denied'; readonly by: Refuser; readonly rule?: RuleRef; readonly reason: string };

export interface AccessRecord {
  /** When it began, in Unix milliseconds. */
  readonly at: number;
  /** Whose proxy saw it. */
  readonly side: 'source' | 'destination';
  readonly source: Source;
  readonly destination: Destination;
  /** Milliseconds. */
  readonly duration: number;
  readonly protocol: string;
  /** Absent for connections that are not HTTP. */
  readonly request?: RequestPart;
  /** Absent for requests, whose refusals have `request.denial`, and for connections that were served. */
  readonly refusal?: Refusal;
  /** Bytes from and to the client. */
  readonly received: number;
  readonly sent: number;
  /** As Envoy writes them; empty where all went well. */
  readonly flags: string;
  /** In Envoy's words: why the response was what it was, or the connection ended. */
  readonly details: string;
  readonly route: string;
  readonly upstreamCluster: string;
  /** Absent: no VirtualService led it, or it is told by who was called. */
  readonly led?: LedBy;
  /** The port that the caller dialled; absent on the server's side, where it is the destination's. */
  readonly called?: number;
  /** Absent: plaintext. */
  readonly tls?: Tls;
  /** Both ends showed a certificate. */
  readonly mtls: boolean;
  /** Whose token the proxy verified; absent: none was, or nobody speaks of tokens. */
  readonly token?: { readonly issuer: string; readonly subject: string };
  readonly verdict: Verdict;
  /** An AUDIT policy's rule that matched. */
  readonly audited?: RuleRef;
}
