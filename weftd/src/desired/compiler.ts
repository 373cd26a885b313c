/**
 * Runs the compiler over each new snapshot and for each proxy. Our own mistakes stop here: a proxy whose
 * compilation fails keeps its last good plan, is counted, and holds up nobody else.
 */
import type { Mesh, Snapshot, View } from '@weft/compile';
import type { ResourceSet } from '@weft/envoy';
import type { Finding, Proxy } from '@weft/model';
import { dependentsOf } from './dependents.ts';
import type { ProxyPair } from './preview.ts';

export interface ProxyPlan {
  readonly revision: number;
  readonly resources: ResourceSet;
}

export interface Compiler {
  /** @returns whether the mesh is that of the snapshot; false: it could not be built, and the last one stays. */
  build(snapshot: Omit<Snapshot, 'previous'>, revision: number): boolean;
  /** What `build` would give; changes nothing. Undefined: it cannot be built. */
  preview(snapshot: Omit<Snapshot, 'previous'>): Built | undefined;
  /** Of the attached proxies and the others given: those whose configuration would be another one. */
  dependents(less: Less, others: readonly Proxy[]): readonly Proxy[];
  /** What all these, and attached ones, have, and would have with that mesh. */
  compare(other: Mesh, others: readonly Proxy[]): readonly ProxyPair[];
  attach(key: string, proxy: Proxy): void;
  detach(key: string): void;
  /** Plans of all attached proxies, or of one. */
  plans(key?: string): ReadonlyMap<string, ProxyPlan>;
  /** In force; undefined: nothing was built yet. */
  built(): Built | undefined;
  mesh(): Mesh | undefined;
  findings(): readonly Finding[];
  /** The revision that the mesh was built from. */
  revision(): number;
  errors(): number;
}

/** A snapshot that lacks an object, and the one that has it; absent: the one that was built last. */
export interface Less {
  readonly without: Omit<Snapshot, 'previous'>;
  readonly within?: Omit<Snapshot, 'previous'>;
}

export type Built = ReturnType<Verbs['build']>;

/** The pure functions that are run here. */
export interface Verbs {
  build(snapshot: Snapshot): { readonly mesh: Mesh; readonly findings: readonly Finding[] };
  scope(mesh: Mesh, proxy: Proxy): View;
  emit(view: View): ResourceSet;
}

export type OnMistake = (error: unknown, what: string) => void;

interface AttachedProxy {
  readonly proxy: Proxy;
  plan?: ProxyPlan;
}

/** What is the same need not be compared. */
const noneYet: ResourceSet = new Map();

const nameOf = ({ namespace, name }: Proxy): string => `${namespace}/${name}`;

export const createCompiler = (verbs: Verbs, onMistake: OnMistake): Compiler => {
  const { build, scope, emit } = verbs;
  const attached = new Map<string, AttachedProxy>();
  let built: Built | undefined;
  let revision = -1;
  let errors = 0;

  const guarded = <Result>(what: string, work: () => Result): Result | undefined => {
    try {
      return work();
    } catch (error) {
      errors += 1;
      onMistake(error, what);
      return undefined;
    }
  };
  const withPrevious = (snapshot: Omit<Snapshot, 'previous'>): Snapshot => ({ ...snapshot, ...(built && { previous: built.mesh }) });

  /** Attached ones, and those of the others that are not. */
  const known = (others: readonly Proxy[]): readonly Proxy[] => {
    const now = [...attached.values()].map(({ proxy }) => proxy);
    const names = new Set(now.map(nameOf));
    return [...now, ...others.filter((proxy) => !names.has(nameOf(proxy)))];
  };

  const planOf = (key: string, proxy: AttachedProxy): ProxyPlan | undefined => {
    const mesh = built?.mesh;
    if (!mesh) return undefined;
    const resources = guarded(`the configuration of ${key}`, () => emit(scope(mesh, proxy.proxy)));
    if (resources) proxy.plan = { revision, resources };
    return proxy.plan;
  };

  return {
    build: (snapshot, next) => {
      const result = guarded(`revision ${next}`, () => build(withPrevious(snapshot)));
      if (!result) return false;
      built = result;
      revision = next;
      return true;
    },
    preview: (snapshot) => guarded('a preview', () => build(withPrevious(snapshot))),
    compare: (other, others) => {
      const mesh = built?.mesh;
      if (!mesh) return [];
      return known(others).flatMap((proxy): ProxyPair[] => {
        const [from, to] = [scope(mesh, proxy), scope(other, proxy)];
        if (from === to) return [{ proxy, from: noneYet, to: noneYet }];
        return guarded(`a preview of ${nameOf(proxy)}`, () => [{ proxy, from: emit(from), to: emit(to) }]) ?? [];
      });
    },
    dependents: ({ without, within }, others) => {
      const mesh = within ? guarded('what is wanted in the end', () => build(withPrevious(within)).mesh) : built?.mesh;
      const proxies = known(others);
      return mesh ? (guarded('the proxies that an object is for', () => dependentsOf(verbs, { mesh, without, proxies })) ?? proxies) : [];
    },
    attach: (key, proxy) => attached.set(key, { proxy }),
    detach: (key) => attached.delete(key),
    plans: (key) => {
      const plans = new Map<string, ProxyPlan>();
      for (const [name, proxy] of attached) {
        if (key !== undefined && name !== key) continue;
        const plan = planOf(name, proxy);
        if (plan) plans.set(name, plan);
      }
      return plans;
    },
    built: () => built,
    mesh: () => built?.mesh,
    findings: () => built?.findings ?? [],
    revision: () => revision,
    errors: () => errors,
  };
};
