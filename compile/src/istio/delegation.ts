/** To whom a VirtualService gives its routes, and what it becomes by that [S50]. */
import { type HttpRouteSettings, maxRoutes, type Resource, type VirtualServiceSpec } from '@weft/model';
import { isExported } from '../mesh/index.ts';
import { delegatedRoutes, delegateKey, isDelegate, type PlacedRoute, pairCount, type Room, routeCount, writtenRoutes } from './delegate.ts';

type VirtualService = Resource<VirtualServiceSpec>;

export interface Delegates {
  at(key: string): VirtualService | undefined;
  /** Of objects that do not say it. */
  readonly exportTo: readonly string[];
}

/** Why a route that is given away leads nowhere, or to whom. */
type Delegation = { readonly delegate: VirtualService } | { readonly missing: 'object' | 'hosts' | 'export' };

const delegationOf = (route: HttpRouteSettings, namespace: string, delegates: Delegates): Delegation | undefined => {
  if (!route.delegate) return undefined;
  const delegate = delegates.at(delegateKey(route.delegate, namespace));
  if (!delegate) return { missing: 'object' };
  if (!isDelegate(delegate)) return { missing: 'hosts' };
  const exportTo = delegate.spec.exportTo?.length ? delegate.spec.exportTo : delegates.exportTo;
  return isExported(exportTo, delegate.metadata.namespace, namespace) ? { delegate } : { missing: 'export' };
};

/** What one route of a VirtualService has become. */
export type Given =
  | { readonly kind: 'own'; readonly root: PlacedRoute }
  | {
      readonly kind: 'delegated';
      readonly root: PlacedRoute;
      readonly delegate: VirtualService;
      readonly routes: readonly (PlacedRoute | undefined)[];
    }
  /** The route is left out. */
  | { readonly kind: 'lost'; readonly root: PlacedRoute; readonly why: 'object' | 'hosts' | 'export' | 'room' };

/** Hundreds of matches are compared with a delegate's hundreds; thousands with thousands would take minutes. */
const maxPairs = 5 * maxRoutes;

const given = (root: PlacedRoute, delegation: Delegation | undefined, room: Room): Given => {
  if (!delegation) return { kind: 'own', root };
  if ('missing' in delegation) return { kind: 'lost', root, why: delegation.missing };
  const { delegate } = delegation;
  const routes = delegatedRoutes(root, delegate, room);
  return routes ? { kind: 'delegated', root, delegate, routes } : { kind: 'lost', root, why: 'room' };
};

/** What remains of the room after a route that was given away. */
const less = ({ routes, pairs }: Room, one: Given): Room =>
  one.kind === 'delegated'
    ? { routes: routes - routeCount(one.routes), pairs: pairs - pairCount(one.root, one.delegate) }
    : { routes, pairs };

/** Of what is given away those that come first have their place; the others are left out, as soon as all together were too many [G9]. */
export const givenRoutes = (resource: VirtualService, delegates: Delegates): readonly Given[] => {
  const { metadata, spec } = resource;
  const roots = writtenRoutes(resource).map((root) => ({ root, delegation: delegationOf(root.route, metadata.namespace, delegates) }));
  const own = routeCount(roots.map(({ root, delegation }) => (delegation ? undefined : root)));
  let room: Room = { routes: Math.floor(maxRoutes / Math.max(1, spec.hosts?.length ?? 0)) - own, pairs: maxPairs };
  return roots.map(({ root, delegation }) => {
    const one = given(root, delegation, room);
    room = less(room, one);
    return one;
  });
};

/** All routes of a VirtualService, with what its delegates say in the place of what it gives away. */
export const placedRoutes = (resource: VirtualService, delegates: Delegates): readonly PlacedRoute[] =>
  givenRoutes(resource, delegates).flatMap((one): readonly PlacedRoute[] => {
    if (one.kind === 'own') return [one.root];
    return one.kind === 'delegated' ? one.routes.filter((route) => route !== undefined) : [];
  });
