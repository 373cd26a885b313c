/** The services that a namespace sees, one for each host name. */
import type { Memo, Mesh, Service } from '../mesh/index.ts';
import { visibleIn } from './visible.ts';

export interface SeenServices {
  readonly key: string;
  readonly services: readonly Service[];
  /** By each name that leads to it. */
  readonly byHost: ReadonlyMap<string, Service>;
  /** ExternalName Services by the service of the mesh that they lead to. */
  readonly aliases: ReadonlyMap<Service, readonly Service[]>;
  readonly keys: ReadonlySet<string>;
}

/** Networks are shared: server names and hosts tell their services apart, and where nothing does the listener's first chain counts. */
const claimsOf = ({ addresses, ports }: Service): readonly string[] =>
  addresses.filter((address) => !address.includes('/')).flatMap((address) => ports.map(({ number }) => `${address}:${number}`));

/** A virtual address and port leads to one service: the first; later ones lose the address, and are reached by name and their others. */
const withoutTaken = (services: readonly Service[]): readonly Service[] => {
  const owners = new Map<string, string>();
  return services.map((service) => {
    const lost = new Set<string>();
    for (const address of service.addresses) {
      for (const { number } of service.ports) if (owners.has(`${address}:${number}`)) lost.add(address);
    }
    const kept = lost.size === 0 ? service : { ...service, addresses: service.addresses.filter((address) => !lost.has(address)) };
    for (const claim of claimsOf(kept)) owners.set(claim, service.key);
    return kept;
  });
};

/** The first of a host name wins, and the asker's own before it; `mesh.services` is in that order (Istio's `selectServices`). */
export const uniqueByHost = (services: readonly Service[], namespace: string): ReadonlyMap<string, Service> => {
  const byHost = new Map<string, Service>();
  for (const service of services) {
    const known = byHost.get(service.hostname);
    if (!known || (service.namespace === namespace && known.namespace !== namespace)) byHost.set(service.hostname, service);
  }
  return byHost;
};

/** Namespaces that have a host of their own which is another's for everybody else. */
const dissenters = (services: readonly Service[]): ReadonlySet<string> => {
  const first = new Map<string, Service>();
  const found = new Set<string>();
  for (const service of services) {
    const known = first.get(service.hostname);
    if (!known) first.set(service.hostname, service);
    else if (known.namespace !== service.namespace) found.add(service.namespace);
  }
  return found;
};

/** The service behind an ExternalName, through others of its kind; absent: it lies outside the mesh, or nowhere. */
const behind = (service: Service, byHost: ReadonlyMap<string, Service>): Service | undefined => {
  const passed = new Set<Service>();
  let next: Service | undefined = service;
  while (next?.target !== undefined && !passed.has(next)) {
    passed.add(next);
    next = byHost.get(next.target);
  }
  return next?.target === undefined ? next : undefined;
};

/**
 * An ExternalName for a service of the mesh is another name of it, without clusters of its own (Istio 1.21, "ExternalName"):
 * under a name that DNS resolves, it would be called without mTLS.
 */
const withAliases = (key: string, all: readonly Service[], memo: Memo): SeenServices => {
  const hosts = new Map(all.map((service) => [service.hostname, service]));
  const targets = new Map(all.map((service) => [service, behind(service, hosts)]));
  const services = all.filter((service) => service.target === undefined || targets.get(service) === undefined);
  const named = all.filter((service) => service.target !== undefined && targets.get(service) !== undefined);
  const aliases = [...Map.groupBy(named, (alias) => targets.get(alias))].flatMap(([target, names]) =>
    target ? [[target, names] as const] : [],
  );
  return {
    key,
    services,
    byHost: new Map(all.map((service) => [service.hostname, targets.get(service) ?? service])),
    aliases: memo('aliases', aliases.flat(2), () => new Map(aliases)),
    keys: new Set(services.map((service) => service.key)),
  };
};

/** A list of services, each host once, as their clients see them. `key` is the list's name from one mesh to the next. */
export const seenServices = (mesh: Mesh, key: string, items: readonly Service[]): SeenServices =>
  mesh.memo(`services seen ${key}`, [items], (inner) => {
    // Equal content keeps its identity: an unchanged service that lost an address is the same object as before.
    const services = withoutTaken(items).map((service) => inner(service.key, [service], () => service));
    return withAliases(key, services, inner);
  });

export const servicesSeen = (mesh: Mesh, namespace: string): SeenServices => {
  const { key, items } = visibleIn(mesh, { name: 'services', items: mesh.services }, namespace);
  const differs = mesh.memo(`dissenters ${key}`, [items], () => dissenters(items)).has(namespace);
  const name = differs ? namespace : key;
  const unique = mesh.memo(`services by host ${name}`, [items], () => [...uniqueByHost(items, differs ? namespace : '').values()]);
  return seenServices(mesh, name, unique);
};

const none: readonly string[] = [];

/** Short host names that clients' search paths make of a Kubernetes Service's [S11]. */
export const aliasesOf = ({ hostname, shortName, namespace, headless }: Service, sameNamespace: boolean): readonly string[] => {
  const short =
    shortName === undefined ? none : [...(sameNamespace ? [shortName] : []), `${shortName}.${namespace}`, `${shortName}.${namespace}.svc`];
  return headless ? [...short, `*.${hostname}`] : short;
};
