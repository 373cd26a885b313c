/** What one may ask of the records that are kept. All conditions that are given must hold. */
import type { AccessRecord } from './record.ts';

/** A workload, or for the one who was called also a service: by name, and where only one is meant, by namespace. */
export interface PartyName {
  readonly name: string;
  readonly namespace?: string;
}

export interface RecordQuery {
  /** Who asked: `spiffe://…`; with `*` at its start or end the rest of it is compared. */
  readonly principal?: string;
  readonly from?: PartyName;
  /** Workload, app or service. */
  readonly to?: PartyName;
  /** At either end. */
  readonly workload?: PartyName;
  /** An IPv4 or IPv6 address at either end, or the client that trusted proxies speak of. */
  readonly address?: string;
  /** What the path begins with. */
  readonly path?: string;
  readonly method?: string;
  /** HTTP's status, from the first to the last of these. */
  readonly code?: { readonly first: number; readonly last: number };
  readonly denied?: boolean;
  /** What was refused, answered with 5xx or a gRPC status that is not OK, or bears one of Envoy's flags. */
  readonly failed?: true;
  /** False: plaintext, or TLS without a client's certificate. */
  readonly mtls?: boolean;
  /** Whose proxy saw it. */
  readonly side?: AccessRecord['side'];
  /** Unix milliseconds, inclusive. */
  readonly since?: number;
  /** Exclusive. */
  readonly until?: number;
  /** The id that a refused caller was given, or of a refused connection. */
  readonly denial?: string;
  /** `x-request-id`. */
  readonly request?: string;
  /** Only what was stored after this one, the oldest first; absent: the newest first. */
  readonly after?: number;
  readonly limit: number;
}

export interface StoredRecord {
  /** Grows in the order in which records were stored. */
  readonly id: number;
  readonly record: AccessRecord;
}

/** Of `10.244.0.7:40000` or `[fd00::7]:40000`, the part that is no port. */
export const hostOfAddress = (address: string): string => {
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(address)?.[1];
  if (bracketed !== undefined) return bracketed;
  return /^([^:]*):\d+$/.exec(address)?.[1] ?? address;
};
