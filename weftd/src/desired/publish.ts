/**
 * The worker's side of the plan: turns plans into updates that carry each resource's bytes, and each map of resources,
 * once, however many proxies share them, and only what the main thread does not have. Content decides, not identity: a
 * resource that was made anew with the same version is the resource that the main thread has.
 */
import type { Encoded } from '@weft/envoy';
import type { ProxyPlan } from './compiler.ts';
import type { FreshResources, PlanUpdate, ProxyUpdate } from './messages.ts';

type ResourceMap = ReadonlyMap<string, Encoded>;

export interface Publisher {
  /** @returns undefined when the main thread has all of it, the revision included. */
  update(plans: ReadonlyMap<string, ProxyPlan>, revision: number): PlanUpdate | undefined;
  /** The proxy is gone. */
  forget(key: string): void;
}

interface SentResource {
  readonly id: number;
  readonly key: string;
  readonly resource: Encoded;
  /** In how many maps it is. */
  uses: number;
}

interface SentMap {
  readonly id: number;
  /** Of its resources, in its order. */
  readonly resources: readonly SentResource[];
  /** How many proxies have it. */
  uses: number;
}

interface SentProxy {
  revision: number;
  readonly types: Map<string, SentMap>;
}

/** One message part holds about this much, so that few old resources cannot hold on to much memory. */
const chunkBytes = 256 * 1024;

const pack = (fresh: readonly SentResource[]): FreshResources => {
  const chunks: Uint8Array[] = [];
  let group: Encoded[] = [];
  let size = 0;
  const flush = (): void => {
    if (group.length === 0) return;
    const chunk = new Uint8Array(size);
    let at = 0;
    for (const { bytes } of group) {
      chunk.set(bytes, at);
      at += bytes.length;
    }
    chunks.push(chunk);
    group = [];
    size = 0;
  };
  for (const { resource } of fresh) {
    if (size + resource.bytes.length > chunkBytes) flush();
    group.push(resource);
    size += resource.bytes.length;
  }
  flush();
  return {
    ids: Uint32Array.from(fresh, ({ id }) => id),
    names: fresh.map(({ resource }) => resource.name),
    versions: fresh.map(({ resource }) => resource.version),
    sizes: Uint32Array.from(fresh, ({ resource }) => resource.bytes.length),
    chunks,
  };
};

const sameResources = ({ resources }: SentMap, map: readonly SentResource[]): boolean =>
  resources.length === map.length && resources.every((resource, index) => resource === map[index]);

export class PlanPublisher implements Publisher {
  readonly #resources = new Map<string, SentResource>();
  readonly #byIdentity = new WeakMap<Encoded, SentResource>();
  readonly #maps = new WeakMap<ResourceMap, SentMap>();
  readonly #proxies = new Map<string, SentProxy>();
  #freshResources: SentResource[] = [];
  #freshMaps: SentMap[] = [];
  #unusedMaps = new Set<SentMap>();
  #nextId = 1;
  #revision = -1;

  update(plans: ReadonlyMap<string, ProxyPlan>, revision: number): PlanUpdate | undefined {
    const proxies = [...plans].flatMap(([key, plan]) => this.#proxyUpdate(key, plan) ?? []);
    const dropped = this.#sweep();
    const [fresh, maps] = [this.#freshResources, this.#freshMaps];
    this.#freshResources = [];
    this.#freshMaps = [];
    if (proxies.length === 0 && dropped.maps.length === 0 && revision === this.#revision) return undefined;
    this.#revision = revision;
    return {
      revision,
      fresh: pack(fresh.filter(({ uses }) => uses > 0)),
      maps: maps.map(({ id, resources }) => ({ id, resources: Uint32Array.from(resources, (resource) => resource.id) })),
      proxies,
      dropped,
    };
  }

  forget(key: string): void {
    for (const map of this.#proxies.get(key)?.types.values() ?? []) this.#release(map);
    this.#proxies.delete(key);
  }

  #proxyUpdate(key: string, { revision, resources }: ProxyPlan): ProxyUpdate | undefined {
    const sent = this.#proxies.get(key) ?? { revision: Number.NaN, types: new Map<string, SentMap>() };
    this.#proxies.set(key, sent);
    const types: { typeUrl: string; map: number }[] = [];
    for (const [typeUrl, map] of resources) {
      const before = sent.types.get(typeUrl);
      const now = this.#mapFor(typeUrl, map, before);
      if (now === before) continue;
      now.uses += 1;
      this.#unusedMaps.delete(now);
      if (before) this.#release(before);
      sent.types.set(typeUrl, now);
      types.push({ typeUrl, map: now.id });
    }
    if (types.length === 0 && sent.revision === revision) return undefined;
    sent.revision = revision;
    return { key, revision, types };
  }

  /** The map as it was sent, or as it will be; `before` if it says the same. */
  #mapFor(typeUrl: string, map: ResourceMap, before: SentMap | undefined): SentMap {
    const known = this.#maps.get(map);
    if (known && (known.uses > 0 || this.#unusedMaps.has(known))) return known;
    const resources = Array.from(map.values(), (resource) => this.#resourceFor(typeUrl, resource));
    const sent = before && sameResources(before, resources) ? before : this.#newMap(resources);
    this.#maps.set(map, sent);
    return sent;
  }

  #newMap(resources: readonly SentResource[]): SentMap {
    for (const resource of resources) resource.uses += 1;
    const map = { id: this.#nextId++, resources, uses: 0 };
    this.#freshMaps.push(map);
    return map;
  }

  #resourceFor(typeUrl: string, resource: Encoded): SentResource {
    const remembered = this.#byIdentity.get(resource);
    if (remembered && this.#resources.get(remembered.key) === remembered) return remembered;
    const key = `${typeUrl}|${resource.name}|${resource.version}`;
    const sent = this.#resources.get(key) ?? this.#newResource(key, resource);
    this.#byIdentity.set(resource, sent);
    return sent;
  }

  #newResource(key: string, resource: Encoded): SentResource {
    const sent = { id: this.#nextId++, key, resource, uses: 0 };
    this.#resources.set(key, sent);
    this.#freshResources.push(sent);
    return sent;
  }

  #release(map: SentMap): void {
    map.uses -= 1;
    if (map.uses === 0) this.#unusedMaps.add(map);
  }

  /** Forgets maps that no proxy has any more, and resources that are in no map. */
  #sweep(): PlanUpdate['dropped'] {
    const maps = [...this.#unusedMaps];
    this.#unusedMaps = new Set();
    const resources: number[] = [];
    for (const resource of maps.flatMap((map) => map.resources)) {
      resource.uses -= 1;
      if (resource.uses > 0) continue;
      this.#resources.delete(resource.key);
      resources.push(resource.id);
    }
    return { maps: Uint32Array.from(maps, ({ id }) => id), resources: Uint32Array.from(resources) };
  }
}
