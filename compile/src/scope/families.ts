/** What proxies of one address family see: a service's addresses of theirs, and automatic ones in both families [S74]. */
import { type Families, isIPv6, type Mesh, prefixed, type Service, type Surface, twinsOf } from '../mesh/index.ts';

/** A service with no address of the family keeps those that it has, as Istio's `GetAddressForProxy` does. */
const adapted = (service: Service, families: Families | undefined): Service => {
  const { addresses } = service;
  if (addresses.length === 0) return service;
  const all = [...addresses, ...(families ? twinsOf(service) : [])];
  const own = families === 'dual' ? all : all.filter((address) => isIPv6(address) === (families === 'ipv6'));
  const isSame = own.length === addresses.length && own.every((address, i) => address === addresses[i]);
  return own.length === 0 || isSame ? service : { ...service, addresses: own };
};

const derived = new WeakMap<Mesh, Map<string, Mesh>>();

const derive = (mesh: Mesh, families: Families | undefined): Mesh => {
  const name = families ?? 'ipv4';
  const services = mesh.memo(`services for ${name}`, [mesh.services], (inner) =>
    mesh.services.map((service) => inner(service.key, [service], () => adapted(service, families))),
  );
  // Two families that see different services must not push each other out of the memory.
  return { ...mesh, services, memo: prefixed(mesh.memo, name) };
};

/** The mesh as proxies of these families see it; the same one where there is nothing to tell apart. */
export const meshFor = (mesh: Mesh, families: Families | undefined): Mesh => {
  const isMixed = mesh.memo('has IPv6', [mesh.services], () => mesh.services.some(({ addresses }) => addresses.some(isIPv6)));
  if (!families && !isMixed) return mesh;
  const known = derived.get(mesh) ?? new Map<string, Mesh>();
  derived.set(mesh, known);
  const name = families ?? 'ipv4';
  const made = known.get(name) ?? derive(mesh, families);
  known.set(name, made);
  return made;
};

const variants = new WeakMap<object, Map<string, object>>();

/** The slice as listeners of this surface serve it: the same object for the same two. */
export const servedAs = <Slice extends Surface>(slice: Slice, surface: Surface): Slice => {
  if (Object.keys(surface).length === 0) return slice;
  const known = variants.get(slice) ?? new Map<string, object>();
  variants.set(slice, known);
  const key = JSON.stringify(surface);
  const variant = known.get(key) ?? { ...slice, ...surface };
  known.set(key, variant);
  return variant as Slice;
};
