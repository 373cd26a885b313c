/** Which of two VirtualServices counts, for those who see them. */
import { isExported, isPublic, precedence, type Routing } from '../mesh/index.ts';

/** Namespaces that stand for all that see the routing; the empty one for those that see nothing but what is public. */
export const audience = ({ exportTo, namespace }: Routing): readonly string[] =>
  isPublic(exportTo) ? [''] : exportTo.map((to) => (to === '.' ? namespace : to));

export interface Viewing {
  /** Namespace. */
  readonly viewer: string;
  /** Oldest first; both are among them. */
  readonly routings: readonly Routing[];
}

export const isObeyedBefore = (one: Routing, other: Routing, { viewer, routings }: Viewing): boolean => {
  if (one === other || !isExported(one.exportTo, one.namespace, viewer)) return false;
  const rank = ({ exportTo, namespace }: Routing) => precedence(exportTo, namespace, viewer);
  const difference = rank(one) - rank(other);
  return difference < 0 || (difference === 0 && routings.indexOf(one) < routings.indexOf(other));
};
