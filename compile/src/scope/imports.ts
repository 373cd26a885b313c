/** What a Sidecar imports [S21]: the services of each of its egress listeners, the rules for them, and whom these lead to. */
import {
  covers,
  type EgressListener,
  type Import,
  type Memo,
  type Mesh,
  mesh as meshGateway,
  type Routing,
  type Service,
} from '../mesh/index.ts';
import { destinationHosts } from './routes.ts';
import { type SeenServices, seenServices, uniqueByHost } from './services.ts';
import { routingsIn, visibleIn } from './visible.ts';

/** Hosts by the namespace that they are imported from; `*`: any. */
type Imports = ReadonlyMap<string, readonly string[]>;

const importsOf = (imports: readonly Import[], own: string): Imports => {
  const resolved = imports.map(({ namespace, host }) => ({ namespace: namespace === '.' ? own : namespace, host }));
  return new Map(
    [...Map.groupBy(resolved, ({ namespace }) => namespace)].map(([namespace, all]) => [namespace, all.map(({ host }) => host)]),
  );
};

/** Equal for listeners that import the same, whosever they are. */
const textOf = ({ port }: EgressListener, imports: Imports): string =>
  JSON.stringify([port && !port.isProxy ? port.number : 0, ...[...imports].map(([namespace, hosts]) => [namespace, ...[...hosts].sort()])]);

const some = (imports: Imports, namespace: string, test: (host: string) => boolean): boolean =>
  [imports.get(namespace), imports.get('*')].some((hosts) => hosts?.some(test));

const importsService = (imports: Imports, { namespace, hostname }: Service): boolean =>
  some(imports, namespace, (host) => covers(host, hostname));

/** A rule comes along if one of its hosts meets what is imported, whichever of them is the wider. */
const importsRouting = (imports: Imports, { namespace, hosts, gateways }: Routing): boolean =>
  gateways.includes(meshGateway) && hosts.some((own) => some(imports, namespace, (host) => covers(host, own) || covers(own, host)));

/** On a listener with a port, that port of each service alone; the same object for the same service. */
const atPort = (service: Service, { port }: EgressListener, memo: Memo): Service | undefined => {
  if (!port || port.number === 0 || port.isProxy) return service;
  const chosen = service.ports.filter(({ number }) => number === port.number);
  if (chosen.length === 0) return undefined;
  return chosen.length === service.ports.length
    ? service
    : memo(`${service.key}:${port.number}`, [service], () => ({ ...service, ports: chosen }));
};

/** Another name of a service that is not imported leads nowhere. */
const withoutLost = (imported: readonly Service[], visible: readonly Service[]): readonly Service[] => {
  const hosts = new Set(imported.map(({ hostname }) => hostname));
  const known = new Set(visible.map(({ hostname }) => hostname));
  return imported.filter(({ target }) => target === undefined || hosts.has(target) || !known.has(target));
};

export interface Imported {
  readonly key: string;
  readonly services: readonly Service[];
  /** Sidecars' rules, in the order of precedence. */
  readonly routings: readonly Routing[];
  /** Where the rules lead beside the services themselves. */
  readonly reached: readonly Service[];
}

/** What one listener imports for the proxies of a namespace. */
export const importedBy = (mesh: Mesh, namespace: string, listener: EgressListener): Imported => {
  const services = visibleIn(mesh, { name: 'services', items: mesh.services }, namespace);
  const routings = routingsIn(mesh, namespace);
  const imports = importsOf(listener.imports, namespace);
  const key = `${services.key} ${routings.key} ${textOf(listener, imports)}`;
  // Whose host counts where two namespaces have it depends on who asks; so does what is reached.
  return mesh.memo(`imported ${namespace} ${key}`, [services.items, routings.items], (memo) => {
    const all = services.items.filter((service) => importsService(imports, service));
    const own = withoutLost([...uniqueByHost(all, namespace).values()], services.items);
    const chosen = own.flatMap((service) => atPort(service, listener, memo) ?? []);
    const rules = routings.items.filter((routing) => importsRouting(imports, routing));
    const hosts = uniqueByHost(services.items, namespace);
    const listed = new Set(chosen.map(({ hostname }) => hostname));
    const reached = [...new Set(rules.flatMap(destinationHosts))].flatMap((host) => {
      const service = listed.has(host) ? undefined : hosts.get(host);
      return (service && atPort(service, listener, memo)) ?? [];
    });
    return { key, services: chosen, routings: rules, reached };
  });
};

/** One service of which listeners have different ports: all of those. */
const joined = (parts: readonly Service[], memo: Memo): Service => {
  const [first] = parts as readonly [Service];
  const same = parts.filter(({ key }) => key === first.key);
  const most = same.reduce((a, b) => (b.ports.length > a.ports.length ? b : a));
  const ports = [...new Map(same.flatMap((part) => part.ports.map((port) => [port.number, port] as const))).values()];
  return ports.length === most.ports.length ? most : memo(first.key, same, () => ({ ...first, ports }));
};

/** Everything that a Sidecar's listeners and their rules lead to: what has clusters. */
export const everythingImported = (mesh: Mesh, all: readonly Imported[]): SeenServices => {
  const key = `all of ${all.map((one) => one.key).join(' | ')}`;
  const merged = mesh.memo(`imported: ${key}`, all, (memo) => {
    const parts = [...all.flatMap(({ services }) => services), ...all.flatMap(({ reached }) => reached)];
    return [...Map.groupBy(parts, ({ hostname }) => hostname).values()].map((same) => joined(same, memo));
  });
  return seenServices(mesh, key, merged);
};
