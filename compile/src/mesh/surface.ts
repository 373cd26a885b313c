import type { Families } from './families.ts';
import type { Narrowed } from './narrowing.ts';
import type { ConnectionPool } from './policy.ts';
import type { TelemetrySlice } from './telemetry.ts';

/** What becomes of paths: nothing at all; dots are resolved; slashes are merged too; after they were unescaped [S86]. */
export type PathNormalization = 'NONE' | 'BASE' | 'MERGE_SLASHES' | 'DECODE_AND_MERGE_SLASHES';

/** How far a gateway believes who calls [S87]. */
export interface Trust {
  /** Proxies before it whose word on the client's address counts; absent: none's. */
  readonly hops?: number;
  /** What becomes of their word about certificates; absent: its own replaces it. */
  readonly certificates?: 'SANITIZE' | 'FORWARD_ONLY' | 'APPEND_FORWARD' | 'SANITIZE_SET' | 'ALWAYS_FORWARD_ONLY';
  /** Connections begin with a PROXY header, which says whose they are; absent: they do not. */
  readonly proxyProtocol?: true;
}

/** What a proxy's listeners, and its connections to whom no rule is for, have in common. */
export interface Surface {
  /** Beside IPv4, or instead of it; absent: IPv4 alone. */
  readonly families?: Families;
  /** The mesh's own settings; absent: Istio's. */
  readonly tcp?: ConnectionPool['tcp'];
  /** Absent: as the place has it: BASE for a workload's own calls, stricter for what arrives. */
  readonly paths?: PathNormalization;
  /** Requests are read as Istio reads them; absent: more strictly [G20]. */
  readonly compatibility?: 'istio';
  /** Of gateways; absent: nobody is believed. */
  readonly trust?: Trust;
  /** Of ways in: streams that began under wider policies are ended [G22]; absent: there are none. */
  readonly narrowed?: Narrowed;
  /** Trust domains beside its own in which the mesh's servers may be [S98]; absent: none. */
  readonly aliases?: readonly string[];
  /** What of its traffic it tells; absent: as in a mesh that says nothing of it. */
  readonly telemetry?: TelemetrySlice;
}

/** Of requests to an application [G20]. */
export const pathsOfServer = ({ paths = 'MERGE_SLASHES' }: Pick<Surface, 'paths'>): PathNormalization => paths;

/** Of requests from outside [G20]. */
export const pathsOfGateway = ({ paths = 'DECODE_AND_MERGE_SLASHES' }: Pick<Surface, 'paths'>): PathNormalization => paths;

export interface Caller {
  /** It has an identity. */
  readonly mesh: boolean;
  /** Those in the mesh can be told from others. */
  readonly known: boolean;
}

/** Whose word on the client's address counts for nothing at a server [S109]. */
export const isStranger = ({ compatibility }: Pick<Surface, 'compatibility'>, { mesh, known }: Caller): boolean =>
  compatibility !== 'istio' && known && !mesh;
