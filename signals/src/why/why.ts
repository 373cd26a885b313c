/** The answer to "why?" about one request or connection: who was asked for what on its way, what refused or failed it, and what to change. */
import type { Judgement, WrittenPlace } from '@weft/model';
import type { Diagnosis } from '../errors/diagnosis.ts';
import type { Remedy } from '../errors/flags.ts';
import { causeOf, endsOf, hopsOf, type SeenHop } from '../errors/hops.ts';
import type { AccessRecord, Verdict } from '../records/record.ts';
import { isAmbiguous } from '../records/verdict.ts';

/** A remedy and the object in question; absent: there is none of that kind for it yet. */
export interface NamedRemedy extends Remedy {
  readonly object?: WrittenPlace;
}

export interface WhyHop {
  /** `namespace/workload`, or an address where nobody knows better. */
  readonly from: string;
  readonly to: string;
  /** What each end's proxy wrote down. */
  readonly caller?: AccessRecord;
  readonly server?: AccessRecord;
  readonly diagnosis?: Omit<Diagnosis, 'remedies'> & { readonly remedies: readonly NamedRemedy[] };
  /** Where the configuration, as it is now, fails the same request: in its words. */
  readonly now?: string;
}

export interface Refused {
  /** Of the proxy that refused. */
  readonly record: AccessRecord;
  /** The rule that it named, where it stands. */
  readonly rule?: WrittenPlace;
  /** What the configuration says of it, as far as a record tells what came. */
  readonly judgement: Judgement;
  /** It may have said the same as the proxy did, with headers and claims that a record does not hold. If not, it is the proxy that is right. */
  readonly agrees: boolean;
}

export interface Why {
  readonly id: string;
  readonly about: 'refusal' | 'failure' | 'success';
  /** In the order in which they began. */
  readonly hops: readonly WhyHop[];
  /** Where it began, among the hops; absent: nothing went wrong. */
  readonly cause?: number;
  /** Absent where the proxy that refused has not told of it yet. */
  readonly refused?: Refused;
}

export interface Found {
  readonly hops: readonly SeenHop[];
  readonly cause?: number;
  readonly about: Why['about'];
  /** Of the proxy that refused; absent: none did. */
  readonly refusal?: AccessRecord;
}

/** The server's own word counts before that of whoever passes on its refusal. */
const refusalIn = ({ server, caller }: SeenHop): AccessRecord | undefined =>
  [server, caller].find((record) => record?.verdict.kind === 'denied');

export const findingsIn = (records: readonly AccessRecord[]): Found => {
  const hops = hopsOf(records);
  const cause = causeOf(hops);
  const failed = cause === undefined ? undefined : hops[cause];
  const refusal = failed && refusalIn(failed);
  const about = failed?.diagnosis?.hop === 'policy' ? 'refusal' : failed ? 'failure' : 'success';
  return { hops, about, ...(cause !== undefined && { cause }), ...(refusal && { refusal }) };
};

/** What there is to change counts; where there is nothing of all that, what could be made. */
const present = (remedies: readonly NamedRemedy[], isKnown: boolean): readonly NamedRemedy[] => {
  const there = remedies.filter(({ object, orMake }) => object || (orMake && !isKnown));
  return there.length === 0 ? remedies : there;
};

export interface Surroundings {
  /** Objects that have to do with a hop, by which its remedies are named. */
  readonly objects: readonly WrittenPlace[];
  readonly now?: string;
}

export const whyHop = (seen: SeenHop, { objects, now }: Surroundings): WhyHop => {
  const { caller, server, diagnosis } = seen;
  const named = (remedy: Remedy): readonly NamedRemedy[] => {
    const alike = objects.filter(({ kind }) => kind === remedy.kind);
    return alike.length === 0 ? [remedy] : alike.map((object) => ({ kind: remedy.kind, field: remedy.field, object }));
  };
  const isKnown = objects.some(({ kind }) => kind === 'Service' || kind === 'ServiceEntry');
  return {
    ...endsOf(seen),
    ...(caller && { caller }),
    ...(server && { server }),
    ...(diagnosis && { diagnosis: { ...diagnosis, remedies: present(diagnosis.remedies.flatMap(named), isKnown) } }),
    ...(now !== undefined && { now }),
  };
};

/** Whether the configuration says what the proxy said. */
export const agrees = (verdict: Verdict, { hop }: Judgement): boolean => {
  if (verdict.kind !== 'denied' || !hop) return false;
  const { rule, by } = verdict;
  if (isAmbiguous(verdict)) return hop.outcome.kind === 'refused' && !hop.verdict;
  if (by === 'listener') return hop.outcome.kind === 'refused' && !hop.verdict;
  if (!hop.verdict || hop.verdict.allowed) return false;
  if (by !== 'policy') return hop.verdict.refusedBy === by;
  const said = hop.verdict.by;
  if (!rule || !said) return !rule && !said;
  return said.namespace === rule.namespace && said.policy === rule.name && said.rule === rule.rule;
};
