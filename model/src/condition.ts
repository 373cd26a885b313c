/**
 * What Weft says of an object in force, in the form of Kubernetes' conditions (Gateway API, `geps/gep-1364`): all of it follows from
 * findings and from what proxies acknowledged, so that no kind is known here.
 */
import type { Finding, ObjectRef } from './finding.ts';
import { few } from './text/few.ts';

export type ConditionType = 'Accepted' | 'Conflicted' | 'Programmed';

export interface Condition {
  readonly type: ConditionType;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  /** The revision that wrote the object: its `metadata.generation`. */
  readonly observedGeneration: number;
}

/** Whose configuration would be another one without the object, and who of them has not acknowledged it; `namespace/pod`. */
export interface Programming {
  readonly proxies: readonly string[];
  readonly pending: readonly string[];
}

export interface Standing {
  readonly revision: number;
  readonly findings: readonly Finding[];
  /** What its file says now cannot be taken: the version in force is the last good one. */
  readonly outdated: boolean;
  /** Absent: nothing of the kind is told to proxies, or it was not asked for. */
  readonly programming?: Programming;
}

type Judgement = Pick<Condition, 'status' | 'reason' | 'message'>;

const nameOf = ({ kind, namespace, name }: ObjectRef): string => `${kind} ${namespace === '' ? name : `${namespace}/${name}`}`;

const accepted = ({ findings, outdated }: Standing): Judgement => {
  if (!outdated) return { status: 'True', reason: 'Accepted', message: 'accepted' };
  const reason = findings.find(({ severity }) => severity === 'error')?.message ?? 'what was written last cannot be taken';
  return { status: 'False', reason: 'Invalid', message: `${reason}; the last good version stays in force` };
};

const conflicted = ({ findings }: Standing): Judgement => {
  const others = [...new Set(findings.flatMap(({ conflictsWith }) => (conflictsWith ? nameOf(conflictsWith) : [])))];
  if (others.length === 0) return { status: 'False', reason: 'NoConflicts', message: 'no conflict' };
  return { status: 'True', reason: 'Overruled', message: `conflicted with ${others.join(', ')}` };
};

/** Enough to look into. */
const named = 5;

const programmed = ({ proxies, pending }: Programming): Judgement => {
  if (proxies.length === 0)
    return { status: 'Unknown', reason: 'NoProxies', message: 'programmed on 0 of 0 proxies: the configuration of none depends on it' };
  const message = `programmed on ${proxies.length - pending.length} of ${proxies.length} proxies`;
  if (pending.length === 0) return { status: 'True', reason: 'Programmed', message };
  return { status: 'False', reason: 'Pending', message: `${message}; not yet on ${few(pending, named)}` };
};

export const conditionsOf = (standing: Standing): readonly Condition[] => {
  const { revision: observedGeneration, programming } = standing;
  return [
    { type: 'Accepted', ...accepted(standing), observedGeneration },
    { type: 'Conflicted', ...conflicted(standing), observedGeneration },
    ...(programming ? [{ type: 'Programmed' as const, ...programmed(programming), observedGeneration }] : []),
  ];
};
