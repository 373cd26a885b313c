/**
 * What the push side needs, and what it offers to the rest of weftd. The API reads statuses and
 * configurations here; `app.ts` passes the powers in. Only `grpc.ts` knows the gRPC library.
 */
import type { Proxy, ProxyStatus, WaitResult } from '@weft/model';
import type { Authenticate } from '../ca/caller.ts';
import type { Registry } from '../registry.ts';
import type { Tally } from '../telemetry/tally.ts';
import type { Plan, ResourceSet } from './plan.ts';

/** The server's certificate and the roots that clients are checked against, both exchangeable while serving. */
export interface ServerIdentity {
  /** PEM; the certificate comes with its intermediates. */
  readonly certificate: string;
  readonly privateKey: string;
  readonly roots: string;
}

export interface ServerIdentities {
  current(): ServerIdentity;
  /** Called at each renewal; returns the detach function. */
  onChange(listener: (identity: ServerIdentity) => void): () => void;
}

/** The small part of a logger that is used here (pino's shape). */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface PushPowers {
  readonly plan: Plan;
  readonly registry: Registry;
  readonly authenticate: Authenticate;
  readonly now: () => number;
  readonly log: Log;
  readonly tally: Tally;
}

/**
 * Proxies that the registry does not know are waited for no longer: whoever has a credential without an instance can make any
 * number of them, which may never answer.
 */
export const strangersMs = 5_000;

/** A proxy as the push side knows it; `restartNeeded` is added by who knows the pods. */
export interface PushStatus extends Omit<ProxyStatus, 'restartNeeded'> {
  readonly proxy: Proxy;
  /** The newest revision that this proxy has acknowledged (or that changed nothing for it); -1: none yet. */
  readonly revision: number;
  /** Counted since weftd started. */
  readonly nacks: number;
}

export interface Push {
  /** Connected proxies, and registered ones that were connected before. */
  proxies(): readonly PushStatus[];
  /** What was sent to the proxy (not: what it shall have); undefined for a proxy that never connected. */
  configOf(namespace: string, name: string): ResourceSet | undefined;
  /**
   * Returns when every proxy has acknowledged that revision of desired state or a newer one, or timed out. Those that the
   * registry does not know are awaited for `strangersMs` alone.
   */
  waitApplied(options: { readonly revision: number; readonly timeoutMs: number; readonly strangersMs?: number }): Promise<WaitResult>;
  /** Called when a proxy connects, leaves, is sent something or answers; returns the detach function. */
  onChange(listener: () => void): () => void;
}
