import type { PodSpec, TokenRequest, TokenResult, TrustBundles } from '@weft/model';
import type { Logger } from 'pino';

/** What a proxy's identity needs of weftd's admin socket. */
export interface AdminApi {
  token(request: TokenRequest): Promise<TokenResult>;
  trustBundle(): Promise<TrustBundles>;
}

export interface ProxyPaths {
  /** The Unix socket that Envoy takes ADS and SDS from, in a directory that only its user enters. */
  readonly socket: string;
  /** Directory of the identity and the last acknowledged configuration: `filesOf(place).podState(uid)`; made 0700. */
  readonly state: string;
}

/** Every duration in milliseconds; `relayTiming` holds the defaults, tests shorten them. */
export interface RelayTiming {
  /** From the first loss of weftd until its absence is answered from the last acknowledged configuration. */
  readonly grace: number;
  /** Quiet time before the acknowledged configuration is saved. */
  readonly save: number;
  readonly reconnectFirst: number;
  readonly reconnectMax: number;
  /** A new stream on which weftd owes an answer and says nothing for so long is given up. */
  readonly silence: number;
  readonly keepalive: number;
  readonly keepaliveTimeout: number;
  /** After a renewal the stream to weftd moves to the new certificate within this time, at random. */
  readonly recycle: number;
}

export interface ProxyInput {
  readonly pod: PodSpec;
  readonly paths: ProxyPaths;
  /** Who may open the socket beside root; absent: whoever runs the agent (rootless). */
  readonly owner?: { readonly uid: number; readonly gid: number };
  /** weftd's xDS and CA: `unix:<run>/xds.sock` or `host:port`. */
  readonly upstream: string;
  readonly admin: AdminApi;
  readonly now: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  readonly logger: Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;
  readonly timing?: Partial<RelayTiming>;
}

export interface ProxyServing {
  /** Null until the first certificate. Unix milliseconds. */
  readonly identity: null | { readonly spiffeId: string; readonly serial: string; readonly notAfter: number };
  /** `healthy` from the first response of the current stream on. */
  readonly upstream: 'idle' | 'connecting' | 'healthy' | 'lost';
  /** Where Envoy's present configuration came from. */
  readonly configuration: 'none' | 'weftd' | 'snapshot';
  /** When the configuration on disk was saved; null: there is none (that is whole). */
  readonly snapshotSavedAt: number | null;
  /** One line when something is wrong: no certificate, weftd away, a damaged snapshot. */
  readonly message: string;
}

export interface ServedProxy {
  /** Ends streams and the socket; what is on disk stays, so that a restart during an outage works. */
  close(): Promise<void>;
  status(): ProxyServing;
}

/**
 * Serves one pod's Envoy: its certificate by SDS and its configuration by ADS. Resolves when the socket listens; the certificate may come later.
 * What it keeps is in `paths.state` alone, for the caller to remove once the pod is gone for good.
 */
export type ServeProxy = (input: ProxyInput) => Promise<ServedProxy>;
