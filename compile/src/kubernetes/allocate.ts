/**
 * Virtual addresses for what has none. An address follows from its owner's name, so that the same mesh has the same addresses on
 * every machine; only where two names meet does the later one move on. What was assigned stays: additions move nothing.
 */
import type { Resource, ServiceEntrySpec, ServiceSpec } from '@weft/model';
import { ofKind } from '@weft/model';
import { isWildcard } from '../mesh/index.ts';

/** By owner: `Service/namespace/name`, `ServiceEntry/namespace/name/host`. */
export type Assignments = Readonly<Record<string, string>>;

interface Pool {
  readonly base: number;
  readonly bits: number;
}

/** Kubernetes' usual range for Services; Istio's for ServiceEntries without addresses [S74]. */
const servicePool: Pool = { base: 0x0a600000, bits: 20 };
const entryPool: Pool = { base: 0xf0f00000, bits: 16 };

const dotted = (address: number): string => [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');

/** FNV-1a: even spread over the pool, no cryptography needed. */
const hash32 = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return hash;
};

/** Never the network's own first address, .0 or .255, which some stacks treat apart. */
const usable = (address: number): boolean => (address & 255) !== 0 && (address & 255) !== 255;

const take = (owner: string, { base, bits }: Pool, taken: ReadonlySet<string>): string | undefined => {
  const size = 2 ** bits;
  const start = hash32(owner) % size;
  for (let step = 0; step < size; step += 1) {
    const address = base + ((start + step) % size);
    if (usable(address) && !taken.has(dotted(address))) return dotted(address);
  }
  return undefined;
};

export const serviceOwner = (namespace: string, name: string): string => `Service/${namespace}/${name}`;
export const entryOwner = (namespace: string, name: string, host: string): string => `ServiceEntry/${namespace}/${name}/${host}`;

const needsServiceAddress = ({ spec }: Resource<ServiceSpec>): boolean =>
  spec.type !== 'ExternalName' && !spec.clusterIP && !spec.clusterIPs?.length;

/** NONE goes by the connection's own destination, and a wildcard has no name to answer for. */
const entryOwners = ({ metadata, spec }: Resource<ServiceEntrySpec>): readonly string[] =>
  spec.addresses?.length || (spec.resolution ?? 'NONE') === 'NONE'
    ? []
    : spec.hosts.filter((host) => !isWildcard(host)).map((host) => entryOwner(metadata.namespace, metadata.name, host.toLowerCase()));

const writtenAddresses = (resources: readonly Resource[]): readonly string[] => [
  ...ofKind(resources, 'Service').flatMap(({ spec }) => [...(spec.clusterIPs ?? []), ...(spec.clusterIP ? [spec.clusterIP] : [])]),
  ...ofKind(resources, 'ServiceEntry').flatMap(({ spec }) => spec.addresses ?? []),
];

/** @returns an address for each owner that needs one; an owner without a place in a full pool is left out. */
export const allocate = (resources: readonly Resource[], existing: Assignments = {}): Assignments => {
  const taken = new Set<string>();
  const wanted: (readonly [owner: string, pool: Pool])[] = [
    ...ofKind(resources, 'Service')
      .filter(needsServiceAddress)
      .map(({ metadata }) => [serviceOwner(metadata.namespace, metadata.name), servicePool] as const),
    ...ofKind(resources, 'ServiceEntry').flatMap((entry) => entryOwners(entry).map((owner) => [owner, entryPool] as const)),
  ];
  const assigned: Record<string, string> = {};
  const assign = (owner: string, address: string | undefined) => {
    if (address === undefined || taken.has(address)) return;
    assigned[owner] = address;
    taken.add(address);
  };
  // Before what is written down: an address that clients know already is not taken from its owner by someone who writes it too.
  for (const [owner] of wanted) assign(owner, existing[owner]);
  for (const address of writtenAddresses(resources)) taken.add(address);
  // In the order of names: which of two that meet moves on must not depend on the order of files.
  const fresh = wanted.filter(([owner]) => assigned[owner] === undefined).sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [owner, pool] of fresh) assign(owner, take(owner, pool, taken));
  return assigned;
};
