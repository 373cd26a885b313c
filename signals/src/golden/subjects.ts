/** Of what golden signals are, and who counted it. */
import type { SignalSubject } from '@weft/model';
import type { Where } from '../query.ts';

export interface Subject {
  /** Labels that tell one from the others. */
  readonly by: readonly string[];
  readonly seenBy: Perspective;
}

/**
 * A request between two proxies is counted by both. As `callers` saw it: also what never arrived; of callers without a proxy nobody but the
 * server can tell, and those come in plaintext. As `servers` saw it: what arrived at a workload, which the caller may not know.
 */
export type Perspective = 'callers' | 'servers';

/** Each request is in exactly one of them. */
export const perspectives: Readonly<Record<Perspective, readonly Where[]>> = {
  callers: [{ reporter: ['source'] }, { reporter: ['destination'], connection_security_policy: ['none'] }],
  servers: [{ reporter: ['destination'] }],
};

const service = ['destination_service', 'destination_service_name', 'destination_service_namespace'];
const caller = ['source_workload', 'source_workload_namespace'];
const server = ['destination_workload', 'destination_workload_namespace'];

export const subjects: Readonly<Record<SignalSubject, Subject>> = {
  mesh: { by: [], seenBy: 'callers' },
  namespace: { by: ['destination_service_namespace'], seenBy: 'callers' },
  service: { by: service, seenBy: 'callers' },
  workload: { by: server, seenBy: 'servers' },
  version: { by: [...server, 'destination_canonical_service', 'destination_version'], seenBy: 'servers' },
  edge: { by: [...caller, ...service], seenBy: 'callers' },
  caller: { by: [...caller, 'source_principal'], seenBy: 'callers' },
  route: { by: [...service, 'route'], seenBy: 'callers' },
};
