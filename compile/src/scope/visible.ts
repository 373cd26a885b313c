/** What a namespace sees of things that are exported. Namespaces that see no more than what is public share one list. */
import { isExported, isPublic, type Mesh, precedence, type Routing } from '../mesh/index.ts';

interface Exported {
  readonly exportTo: readonly string[];
  readonly namespace: string;
}

export interface Visible<T> {
  /** Equal for namespaces that see the same. */
  readonly key: string;
  /** In the mesh's order. */
  readonly items: readonly T[];
}

export interface Collection<T> {
  readonly name: string;
  readonly items: readonly T[];
}

export const visibleIn = <T extends Exported>({ memo }: Mesh, { name, items }: Collection<T>, namespace: string): Visible<T> => {
  const restricted = memo(`restricted ${name}`, [items], () => items.filter(({ exportTo }) => !isPublic(exportTo)));
  if (!restricted.some((item) => isExported(item.exportTo, item.namespace, namespace))) {
    return { key: '*', items: memo(`public ${name}`, [items, restricted], () => items.filter(({ exportTo }) => isPublic(exportTo))) };
  }
  const seen = (item: T) => isExported(item.exportTo, item.namespace, namespace);
  return { key: namespace, items: memo(`${name} in ${namespace}`, [items], () => items.filter(seen)) };
};

/** Routings in the order in which the namespace obeys them. */
export const routingsIn = (mesh: Mesh, namespace: string): Visible<Routing> => {
  const { key, items } = visibleIn(mesh, { name: 'routings', items: mesh.routings }, namespace);
  // What everybody sees is in order already.
  if (key !== namespace) return { key, items };
  const rank = (routing: Routing) => precedence(routing.exportTo, routing.namespace, namespace);
  return { key, items: mesh.memo(`routings by precedence in ${namespace}`, [items], () => [...items].sort((a, b) => rank(a) - rank(b))) };
};
