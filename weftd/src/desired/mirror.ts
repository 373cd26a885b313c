/**
 * The main thread's side of the plan: what the worker planned for each proxy, told to everyone attached.
 * Proxies share maps, and all maps share the bytes of a resource.
 */
import type { Encoded, ResourceSet } from '@weft/envoy';
import type { Proxy } from '@weft/model';
import type { Plan, Planned } from '../push/plan.ts';
import type { FreshResources, PlanUpdate, ProxyUpdate, ToWorker } from './messages.ts';

type Listener = (planned: Planned) => void;

interface MirroredProxy {
  readonly listeners: Set<Listener>;
  planned?: Planned;
  /** Runs when nobody has been attached for a while. */
  idle?: NodeJS.Timeout;
}

/** A proxy that reconnects finds its plan ready. */
const idleMs = 60_000;

/** All of a proxy that its configuration may depend on; its id says nothing that the rest does not. */
export const proxyKey = ({ id: _id, labels, ...rest }: Proxy): string =>
  JSON.stringify([Object.entries(rest).sort(), Object.entries(labels).sort()]);

export interface PlanMirror extends Plan {
  take(update: PlanUpdate): void;
}

/** Each resource's part of the chunks: a chunk holds whole resources, end to end. */
function* slices({ sizes, chunks }: FreshResources): Generator<Uint8Array> {
  let chunk = 0;
  let at = 0;
  for (const size of sizes) {
    if (at + size > (chunks[chunk]?.length ?? 0)) {
      chunk += 1;
      at = 0;
    }
    yield chunks[chunk]?.subarray(at, at + size) ?? new Uint8Array();
    at += size;
  }
}

/** What the worker sent, by its ids. */
const createParts = () => {
  const resources = new Map<number, Encoded>();
  const maps = new Map<number, ReadonlyMap<string, Encoded>>();
  return {
    map: (id: number): ReadonlyMap<string, Encoded> => maps.get(id) ?? new Map(),
    add: ({ fresh, maps: fresher }: PlanUpdate): void => {
      let index = 0;
      for (const bytes of slices(fresh)) {
        resources.set(fresh.ids[index] ?? 0, { name: fresh.names[index] ?? '', version: fresh.versions[index] ?? '', bytes });
        index += 1;
      }
      for (const { id, resources: ids } of fresher) {
        const listed = Array.from(ids, (resource) => resources.get(resource)).filter((resource) => resource !== undefined);
        maps.set(id, new Map(listed.map((resource) => [resource.name, resource])));
      }
    },
    drop: ({ dropped }: PlanUpdate): void => {
      for (const id of dropped.maps) maps.delete(id);
      for (const id of dropped.resources) resources.delete(id);
    },
  };
};

export const createPlanMirror = (post: (message: ToWorker) => void): PlanMirror => {
  const parts = createParts();
  const proxies = new Map<string, MirroredProxy>();
  let revision = -1;

  const takeProxy = ({ key, revision: at, types }: ProxyUpdate): void => {
    const known = proxies.get(key);
    if (!known) return;
    const before: ResourceSet = known.planned?.resources ?? new Map();
    const changed = types.map(({ typeUrl, map }) => [typeUrl, parts.map(map)] as const);
    known.planned = { revision: at, resources: changed.length === 0 ? before : new Map([...before, ...changed]) };
    for (const listener of known.listeners) listener(known.planned);
  };
  const mirrored = (proxy: Proxy, key: string): MirroredProxy => {
    const known = proxies.get(key);
    if (known) return known;
    const made: MirroredProxy = { listeners: new Set() };
    proxies.set(key, made);
    post({ kind: 'attach', key, proxy });
    return made;
  };
  const leave = (key: string, known: MirroredProxy): void => {
    known.idle = setTimeout(() => {
      proxies.delete(key);
      post({ kind: 'detach', key });
    }, idleMs);
    known.idle.unref();
  };

  return {
    attach: (proxy, onChange) => {
      const key = proxyKey(proxy);
      const known = mirrored(proxy, key);
      clearTimeout(known.idle);
      // A wrapper, so that one function may be attached twice.
      const listener: Listener = (planned) => onChange(planned);
      known.listeners.add(listener);
      if (known.planned) {
        setImmediate(() => {
          if (known.listeners.has(listener) && known.planned) onChange(known.planned);
        });
      }
      return () => {
        if (known.listeners.delete(listener) && known.listeners.size === 0) leave(key, known);
      };
    },
    revision: () => revision,
    take: (update) => {
      parts.add(update);
      revision = update.revision;
      for (const proxy of update.proxies) takeProxy(proxy);
      parts.drop(update);
    },
  };
};
