/** What came in at a proxy, as its record has it, asked again of a configuration: why it was decided so. */
import type { Hop, WrittenPlace } from './explanation.ts';
import type { Finding } from './finding.ts';

export interface CameIn {
  /** Unix milliseconds: which configuration is asked. */
  readonly at: number;
  /** Whose proxy saw it; with the address of its pod, as long as that runs. */
  readonly proxy: { readonly namespace: string; readonly workload: string; readonly address: string };
  /** Verified; empty: nobody proved who it is. */
  readonly identity: string;
  /** Of the connection, and whom trusted proxies speak of. */
  readonly source: string;
  readonly client: string;
  /** The port that was dialled. */
  readonly port: number;
  readonly serverName: string;
  readonly mtls: boolean;
  /** Absent: bytes. */
  readonly request?: { readonly method: string; readonly host: string; readonly path: string };
  /** Whose token was verified; absent: none was. */
  readonly token?: { readonly issuer: string; readonly subject: string };
  /** Who refused it there, and by which rule; absent: nobody did. */
  readonly decided?: {
    readonly by: 'policy' | 'authorizer' | 'token' | 'listener' | 'handshake';
    /** In the proxy's words. */
    readonly reason: string;
    readonly rule?: { readonly namespace: string; readonly name: string; readonly rule: number };
  };
}

/** Which configuration was asked. */
export interface InForce {
  readonly revision: number;
  /** `then`: the objects as they were when it came in; `now`: history does not reach back so far. */
  readonly moment: 'then' | 'now';
  /** Something was changed since. */
  readonly changedSince: boolean;
}

export interface Judgement {
  /** Absent: no proxy of that workload is known any more. */
  readonly hop?: Hop;
  readonly configuration: InForce;
  /** Objects that have a say in what that proxy does with such a request. */
  readonly concerned: readonly WrittenPlace[];
}

export type MtlsMode = 'PERMISSIVE' | 'STRICT' | 'DISABLE';

/** The mode of mutual TLS on a port, and who says so. */
export interface PortMode {
  /** The workload's own; absent: all that are not listed. */
  readonly port?: number;
  readonly protocol: string;
  readonly mode: MtlsMode;
  /** Absent: nobody says anything, and the default holds. */
  readonly from?: WrittenPlace;
}

export interface WorkloadModes {
  readonly namespace: string;
  readonly workload: string;
  readonly addresses: readonly string[];
  /** `none`: no PeerAuthentication has an effect on it. */
  readonly proxy: 'sidecar' | 'gateway' | 'none';
  readonly ports: readonly PortMode[];
}

export interface WrittenObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: unknown;
}

export interface ModesQuestion {
  /** As if this namespace demanded mutual TLS. */
  readonly strict?: string;
}

export interface Modes {
  readonly workloads: readonly WorkloadModes[];
  /** Where something was to be otherwise: what there would be to say only then. */
  readonly findings: readonly Finding[];
  /** The object that makes it so. */
  readonly manifest?: WrittenObject;
}
