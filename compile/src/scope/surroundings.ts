/** What a namespace sees: the services and the rules that its clients' slices are made of. */
import { type HostIndex, hostIndex, type Mesh, mesh as meshGateway, type Routing } from '../mesh/index.ts';
import { type SeenServices, servicesSeen } from './services.ts';
import { visibleIn } from './visible.ts';

export interface SeenRoutings {
  readonly key: string;
  /** Of sidecars, oldest first. */
  readonly list: readonly Routing[];
  /** Those for HTTP. On sidecars the oldest of a host wins, nothing is merged [S47]. */
  readonly byHost: HostIndex<Routing>;
}

export interface Surroundings {
  readonly mesh: Mesh;
  readonly services: SeenServices;
  readonly routings: SeenRoutings;
  /** Names that an alias may not take: hosts that somebody has by right. */
  readonly taken: ReadonlySet<string>;
}

const routingsSeen = (mesh: Mesh, namespace: string): SeenRoutings => {
  const { key, items } = visibleIn(mesh, { name: 'routings', items: mesh.routings }, namespace);
  return mesh.memo(`routings seen ${key}`, [items], () => {
    const list = items.filter(({ gateways }) => gateways.includes(meshGateway));
    return {
      key,
      list,
      byHost: hostIndex(
        list.flatMap((routing) => (routing.rules.length === 0 ? [] : routing.hosts.map((host) => [host, routing] as const))),
      ),
    };
  });
};

const takenNames = (services: SeenServices, routings: SeenRoutings): ReadonlySet<string> => {
  const foreign = services.services.filter(({ shortName }) => shortName === undefined).map(({ hostname }) => hostname);
  return new Set([...foreign, ...routings.list.flatMap(({ hosts }) => hosts)]);
};

export const surroundingsOf = (mesh: Mesh, namespace: string): Surroundings => {
  const services = servicesSeen(mesh, namespace);
  const routings = routingsSeen(mesh, namespace);
  const taken = mesh.memo(`names taken ${services.key} ${routings.key}`, [services, routings], () => takenNames(services, routings));
  return { mesh, services, routings, taken };
};
