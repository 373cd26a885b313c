import type { Identity } from '@weft/model';

/** Who is at the other end, proven by a mesh certificate or a bearer token; never by what it says of itself. */
export interface Caller {
  readonly identity: Identity;
  /** The instance that the credential is bound to. */
  readonly instance?: { readonly name: string; readonly uid: string };
  /** From the attested DNS SAN: the workload; absent for credentials without an instance. */
  readonly workload?: string;
  readonly by: 'certificate' | 'token';
}

/** What a gRPC handler can see of its peer. */
export interface PeerCredentials {
  /** DER of the client certificate whose chain the TLS layer verified; absent if none or unverified. */
  readonly certificate?: Uint8Array;
  /** The `authorization` metadata. */
  readonly authorization?: string;
}

/** `reason` is for the log; the caller gets a bare UNAUTHENTICATED. */
export type Authentication = { readonly ok: true; readonly caller: Caller } | { readonly ok: false; readonly reason: string };

/** @param audience that a token must carry: `istio-ca` (Istio's name, accepted for both services). */
export type Authenticate = (peer: PeerCredentials) => Promise<Authentication>;
