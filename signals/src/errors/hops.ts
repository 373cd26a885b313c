/** One request on its way: what proxies say of it under one id is put together hop by hop, and the hop that began it is found. */
import type { AccessRecord, Party } from '../records/record.ts';
import { type Diagnosis, diagnose, type Seen } from './diagnosis.ts';

export interface SeenHop extends Seen {
  /** Absent: nothing went wrong there. */
  readonly diagnosis?: Diagnosis;
}

const isCaller = ({ side }: AccessRecord): boolean => side === 'source';

/** Clocks of proxies on one machine agree; on several they may differ by so much. */
const slackMs = 1000;

/** What the caller's proxy sent there, and what the server's says it got: by address and time, since tries have the same id. */
const isSame = (caller: AccessRecord, server: AccessRecord): boolean =>
  // Nobody else was given that id.
  (caller.request?.denial !== '' && caller.request?.denial === server.request?.denial && caller.request !== undefined) ||
  isThere(caller, server);

const isThere = (caller: AccessRecord, server: AccessRecord): boolean =>
  caller.destination.address !== '' &&
  caller.destination.address === server.destination.address &&
  server.at >= caller.at - slackMs &&
  server.at <= caller.at + caller.duration + slackMs;

const startOf = ({ caller, server }: Seen): number => (caller ?? server)?.at ?? 0;

/** In the order in which they began. Tries of one call that failed before the last one stand alone. */
export const hopsOf = (records: readonly AccessRecord[]): readonly SeenHop[] => {
  const servers = new Set(records.filter((record) => !isCaller(record)).sort((a, b) => b.at - a.at));
  const pairs = records.filter(isCaller).map((caller): Seen => {
    const server = [...servers].find((one) => isSame(caller, one));
    if (!server) return { caller };
    servers.delete(server);
    return { caller, server };
  });
  const alone = [...servers].map((server): Seen => ({ server }));
  return [...pairs, ...alone]
    .sort((a, b) => startOf(a) - startOf(b))
    .map((seen) => {
      const diagnosis = diagnose(seen);
      return { ...seen, ...(diagnosis && { diagnosis }) };
    });
};

const nameOf = ({ namespace, workload, address }: Party): string => (workload === '' ? address : `${namespace}/${workload}`);

/** Who asked, as far as anybody proved it, and who was asked. */
export const endsOf = ({ caller, server }: Seen): { readonly from: string; readonly to: string } => {
  const one = server ?? caller;
  if (!one) return { from: '', to: '' };
  const source = caller?.source ?? one.source;
  const to = nameOf(one.destination);
  return { from: nameOf(source), to: to === '' ? one.destination.service || one.request?.host || '' : to };
};

const workloadAt = ({ caller, server }: Seen): string => {
  const { namespace = '', workload = '' } = (server ?? caller)?.destination ?? {};
  return workload === '' ? '' : `${namespace}/${workload}`;
};

const asker = ({ caller, server }: Seen): string => {
  const { namespace = '', workload = '' } = (caller ?? server)?.source ?? {};
  return workload === '' ? '' : `${namespace}/${workload}`;
};

/** A try of a call that went on: what became of the call says its last one. */
const isTry = ({ caller, server }: SeenHop, hops: readonly SeenHop[]): boolean =>
  caller === undefined &&
  server !== undefined &&
  hops.some(
    (call) =>
      call.caller !== undefined &&
      call.caller.destination.service === server.destination.service &&
      asker({ caller: call.caller }) === asker({ server }) &&
      server.at >= call.caller.at - slackMs &&
      server.at <= call.caller.at + call.caller.duration + slackMs,
  );

/**
 * Where it began: an application that fails because something that it called failed only passes it on.
 * @returns the place of the hop; undefined: nothing failed
 */
export const causeOf = (hops: readonly SeenHop[]): number | undefined => {
  const next = (after: number): number => {
    const hop = hops[after];
    if (hop?.diagnosis?.hop !== 'application') return after;
    const at = workloadAt(hop);
    const deeper = hops.findLastIndex((one, place) => place > after && one.diagnosis && at !== '' && asker(one) === at);
    return deeper < 0 ? after : next(deeper);
  };
  const first = hops.findIndex((hop) => hop.diagnosis && !isTry(hop, hops));
  return first < 0 ? undefined : next(first);
};
