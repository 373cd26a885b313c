/**
 * Whose configuration an object is part of: the proxies whose resources would be others without it. True of every kind without
 * knowing any, since the compiler itself is asked; for people who ask, never on the way of a push.
 */
import type { Mesh, Snapshot, View } from '@weft/compile';
import type { ResourceSet } from '@weft/envoy';
import { type Proxy, type Resource, refKey, refOf } from '@weft/model';
import type { Verbs } from './compiler.ts';

/** What is run, not told to proxies; pods get their effect through the objects that select them. */
const run = ['Namespace', 'Pod', 'Deployment', 'ServiceAccount'];
/** What weftd itself goes by. */
const heeded = ['ServiceLevelObjective', 'AlertRule', 'AlertRoute', 'Saturation'];

export const isToldToProxies = ({ kind }: Pick<Resource, 'kind'>): boolean => ![...run, ...heeded].includes(kind);

const sameResources = (a: ResourceSet, b: ResourceSet): boolean =>
  a.size === b.size &&
  [...a].every(([type, map]) => {
    const other = b.get(type);
    return other === map || (other?.size === map.size && [...map].every(([name, { version }]) => other.get(name)?.version === version));
  });

export interface Question {
  readonly mesh: Mesh;
  /** The snapshot of that mesh, less the object. */
  readonly without: Omit<Snapshot, 'previous'>;
  readonly proxies: readonly Proxy[];
}

export const dependentsOf = ({ build, scope, emit }: Verbs, { mesh, without, proxies }: Question): readonly Proxy[] => {
  const other = build({ ...without, previous: mesh }).mesh;
  const answers = new Map<View, Map<View, boolean>>();
  const differs = (a: View, b: View): boolean => {
    if (a === b) return false;
    const known = answers.get(a)?.get(b);
    if (known !== undefined) return known;
    const answer = !sameResources(emit(a), emit(b));
    answers.set(a, (answers.get(a) ?? new Map<View, boolean>()).set(b, answer));
    return answer;
  };
  return proxies.filter((proxy) => differs(scope(mesh, proxy), scope(other, proxy)));
};

export const withoutObject = (resources: readonly Resource[], object: Resource): readonly Resource[] => {
  const key = refKey(refOf(object));
  return resources.filter((resource) => refKey(refOf(resource)) !== key);
};

/** Answers, remembered while mesh and proxies stay the same: the names of proxies, as `namespace/name`. */
export const knownDependents = () => {
  const byMesh = new WeakMap<Mesh, Map<string, readonly string[]>>();
  return {
    of: (mesh: Mesh, object: Resource, ask: () => readonly Proxy[]): readonly string[] => {
      const known = byMesh.get(mesh) ?? new Map<string, readonly string[]>();
      byMesh.set(mesh, known);
      const key = refKey(refOf(object));
      const names = known.get(key) ?? ask().map(({ namespace, name }) => `${namespace}/${name}`);
      known.set(key, names);
      return names;
    },
    forget: (mesh: Mesh | undefined): void => {
      if (mesh) byMesh.delete(mesh);
    },
  };
};
