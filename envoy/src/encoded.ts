/**
 * One xDS resource, encoded once and shared by every proxy that is sent it.
 * `bytes` is an encoded `envoy.service.discovery.v3.Resource` (name, version, resource as Any).
 */
export interface Encoded {
  readonly name: string;
  /** Hash of the content: equal content has an equal version, on every start and every replica. */
  readonly version: string;
  readonly bytes: Uint8Array;
}

/** By type URL, then by resource name. Maps are immutable; equal maps are the same object wherever possible. */
export type ResourceSet = ReadonlyMap<string, ReadonlyMap<string, Encoded>>;
