/** The services of the mesh as `/services` tells them: what stands behind each, and which objects decide about it. */
import type { ObjectRef } from './finding.ts';

export interface ServingWorkload {
  readonly namespace: string;
  readonly name: string;
  /** Of its label; empty: none. */
  readonly version: string;
  readonly pods: number;
  readonly ready: number;
  readonly proxy: 'sidecar' | 'gateway' | 'none';
  /** Who it is by its certificate. */
  readonly identity: string;
}

export interface RegisteredService {
  /** What declares it. */
  readonly kind: 'Service' | 'ServiceEntry';
  readonly namespace: string;
  /** Short name of a Kubernetes Service; the host of a ServiceEntry. */
  readonly name: string;
  readonly host: string;
  readonly isExternal: boolean;
  readonly ports: readonly { readonly number: number; readonly name: string; readonly protocol: string }[];
  readonly workloads: readonly ServingWorkload[];
  /** Ready endpoints that are no pods of the mesh. */
  readonly otherEndpoints: number;
}

/** `routing`: where its requests go; `destination`: how it is called; `admission`: who may call it; `identity`: how callers prove who they are. */
export type Concern = 'definition' | 'routing' | 'destination' | 'admission' | 'identity';

export interface ConcernedObject extends ObjectRef {
  readonly concern: Concern;
}

export interface ServiceDetails extends RegisteredService {
  readonly objects: readonly ConcernedObject[];
}
