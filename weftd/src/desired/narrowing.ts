/**
 * Where policies became narrower while workloads ran, so that their streams are ended [G22]: what holds now against what held when this
 * was judged last. It is written down before anybody is told of the policies, so that no stream lives on because weftd was restarted.
 */
import { type Mesh, type Narrowed, narrowedBy, type PoliciesInForce, policiesInForce, type Ruled } from '@weft/compile';
import type { Judged } from '../store/judged.ts';

interface Judgement {
  /** By instance. */
  readonly inForce: ReadonlyMap<string, Ruled>;
  /** By their workload. */
  readonly narrowed: ReadonlyMap<string, Narrowed>;
}

interface Change {
  readonly before: PoliciesInForce;
  readonly after: PoliciesInForce;
}

/** Most instances of a workload, and many workloads, have the same policies before and after. */
const changesOf = (before: Judgement['inForce'], now: Judgement['inForce']): ReadonlyMap<string, readonly Change[]> => {
  const byOwner = new Map<string, Change[]>();
  for (const [instance, { owner, policies: after }] of now) {
    const was = before.get(instance)?.policies;
    if (!was || was === after) continue;
    const changes = byOwner.get(owner) ?? [];
    byOwner.set(owner, changes);
    if (!changes.some((change) => change.before === was && change.after === after)) changes.push({ before: was, after });
  }
  return byOwner;
};

const sameEntries = <T>(a: ReadonlyMap<string, T>, b: ReadonlyMap<string, T>): boolean =>
  a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);

/** Who began since has no older streams; who is gone is forgotten. @returns `last` itself if nothing is different */
const judged = (last: Judgement, inForce: Judgement['inForce']): Judgement => {
  if (sameEntries(last.inForce, inForce)) return last;
  const owners = new Set([...inForce.values()].map(({ owner }) => owner));
  const kept = [...last.narrowed].filter(([owner]) => owners.has(owner));
  const changed = [...changesOf(last.inForce, inForce)].map(([owner, changes]) => {
    const known = last.narrowed.get(owner) ?? {};
    return [owner, changes.reduce((so, { before, after }) => narrowedBy(before, after, so), known)] as const;
  });
  const narrowed = new Map([...kept, ...changed.filter(([, ports]) => Object.keys(ports).length > 0)]);
  return { inForce, narrowed: sameEntries(last.narrowed, narrowed) ? last.narrowed : narrowed };
};

export interface Narrowings {
  /** What held for the workloads that ran when weftd ended. */
  recall(mesh: Mesh | undefined): void;
  /** Durable when it returns. @returns whether some workload's policies became narrower, or one that had such is gone */
  take(mesh: Mesh | undefined): boolean;
  /** By workload; the same object until `take` says otherwise. */
  narrowed(): ReadonlyMap<string, Narrowed>;
}

export const narrowings = (kept: Pick<Judged, 'narrowed' | 'keep' | 'settle'>): Narrowings => {
  let last: Judgement = { inForce: new Map(), narrowed: kept.narrowed() };
  return {
    recall: (mesh) => {
      if (mesh) last = { ...last, inForce: policiesInForce(mesh) };
    },
    take: (mesh) => {
      if (!mesh) return false;
      const next = judged(last, policiesInForce(mesh));
      if (next === last) {
        kept.settle();
        return false;
      }
      kept.keep(next.narrowed);
      const isOther = next.narrowed !== last.narrowed;
      last = next;
      return isOther;
    },
    narrowed: () => last.narrowed,
  };
};
