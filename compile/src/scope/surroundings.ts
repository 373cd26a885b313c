/** What a namespace sees: the services and the rules that its clients' slices are made of. */
import { type HostIndex, hostIndex, type Mesh, mesh as meshGateway, type Routing, type Service } from '../mesh/index.ts';
import type { Imported } from './imports.ts';
import { type SeenServices, seenServices, servicesSeen } from './services.ts';
import { routingsIn } from './visible.ts';

export interface SeenRoutings {
  /** Of sidecars, in the order of precedence. */
  readonly list: readonly Routing[];
  /** HTTP rules by host: on sidecars the first counts, nothing is merged; the next one only where that has no route [S47]. */
  readonly byHost: HostIndex<readonly Routing[]>;
}

export interface Surroundings {
  readonly mesh: Mesh;
  /** Equal for clients that see the same. */
  readonly key: string;
  readonly services: SeenServices;
  /** Services by host that rules may lead to; a Sidecar's listener leads to some that are not called there by name. */
  readonly known: ReadonlyMap<string, Service>;
  readonly routings: SeenRoutings;
  /** Names that an alias may not take: hosts that somebody has by right. */
  readonly taken: ReadonlySet<string>;
}

const sidecarRoutings = ({ memo }: Mesh, key: string, items: readonly Routing[]): SeenRoutings =>
  memo(`routings seen ${key}`, [items], () => {
    const list = items.filter(({ gateways }) => gateways.includes(meshGateway));
    const claims = list.flatMap((routing) => (routing.rules.length === 0 ? [] : routing.hosts.map((host) => ({ host, routing }))));
    const rivals = [...Map.groupBy(claims, ({ host }) => host)];
    return { list, byHost: hostIndex(rivals.map(([host, several]) => [host, several.map(({ routing }) => routing)] as const)) };
  });

/** Hosts of rules are not among them: these are virtual hosts [S49], which `emit` prefers. */
const takenNames = ({ services }: SeenServices): ReadonlySet<string> =>
  new Set(services.filter(({ shortName }) => shortName === undefined).map(({ hostname }) => hostname));

const withTaken = (seen: Omit<Surroundings, 'taken'>): Surroundings => {
  const { mesh, key, services } = seen;
  return { ...seen, taken: mesh.memo(`names taken ${key}`, [services], () => takenNames(services)) };
};

export const surroundingsOf = (mesh: Mesh, namespace: string): Surroundings => {
  const services = servicesSeen(mesh, namespace);
  const { key, items } = routingsIn(mesh, namespace);
  const routings = sidecarRoutings(mesh, key, items);
  return withTaken({ mesh, key: `${services.key} ${key}`, services, known: services.byHost, routings });
};

/** What the clients of one egress listener see, whose Sidecar knows `all` together [S21]. */
export const surroundingsOfImported = (mesh: Mesh, imported: Imported, all: SeenServices): Surroundings => {
  const services = seenServices(mesh, imported.key, imported.services);
  const routings = sidecarRoutings(mesh, imported.key, imported.routings);
  return withTaken({ mesh, key: `${imported.key} of ${all.key}`, services, known: all.byHost, routings });
};
