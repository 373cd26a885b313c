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

const ages = new WeakMap<readonly Routing[], ReadonlyMap<Routing, number>>();

/** Their places in the list. */
const agesIn = (routings: readonly Routing[]): ReadonlyMap<Routing, number> => {
  const known = ages.get(routings) ?? new Map(routings.map((routing, index) => [routing, index]));
  ages.set(routings, known);
  return known;
};

export const isObeyedBefore = (one: Routing, other: Routing, { viewer, routings }: Viewing): boolean => {
  if (one === other || !isExported(one.exportTo, one.namespace, viewer)) return false;
  const rank = ({ exportTo, namespace }: Routing) => precedence(exportTo, namespace, viewer);
  const difference = rank(one) - rank(other);
  const age = agesIn(routings);
  return difference < 0 || (difference === 0 && (age.get(one) ?? 0) < (age.get(other) ?? 0));
};
