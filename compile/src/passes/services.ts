import type { Resource, ServiceEntrySpec, ServiceSpec } from '@weft/model';
import { joinedBackend, joinedService, shareOf } from '../istio/joined.ts';
import { entryBackend, servicesOf } from '../istio/service-entry.ts';
import { entryOwner, serviceOwner } from '../kubernetes/allocate.ts';
import { backendOf, serviceOf } from '../kubernetes/service.ts';
import type { Backend } from '../mesh/index.ts';
import { type Input, nameOf, type Pass } from './input.ts';

const ofServices = ({ of, settings, assignments, memo }: Input): readonly Backend[] => {
  const defaultExportTo = settings.defaultServiceExportTo;
  const assignedTo = ({ metadata: { namespace, name } }: Resource<ServiceSpec>) => assignments[serviceOwner(namespace, name)];
  return memo.each('services', {
    items: of('Service'),
    name: nameOf,
    context: [assignments, defaultExportTo],
    inputs: (resource) => [resource.hash, assignedTo(resource), defaultExportTo],
    make: (resource, inner) => {
      const assigned = assignedTo(resource);
      const inputs = [resource.hash, assigned, defaultExportTo];
      return backendOf(
        resource,
        inner('service', inputs, () => serviceOf(resource, { assigned, defaultExportTo })),
      );
    },
  });
};

type Entry = Resource<ServiceEntrySpec>;

/** Of each entry the services of its hosts. */
const ofEntries = ({ of, settings, assignments, memo }: Input): readonly (readonly Backend[])[] => {
  const defaultExportTo = settings.defaultServiceExportTo;
  const assignedTo = ({ metadata: { namespace, name } }: Entry, host: string) => assignments[entryOwner(namespace, name, host)];
  const inputsOf = (resource: Entry) => [
    resource.hash,
    defaultExportTo,
    ...resource.spec.hosts.map((host) => assignedTo(resource, host.toLowerCase())),
  ];
  return memo.each('entries', {
    items: of('ServiceEntry'),
    name: nameOf,
    context: [assignments, defaultExportTo],
    inputs: inputsOf,
    make: (resource, inner) =>
      servicesOf(resource, { assigned: (host) => assignedTo(resource, host), defaultExportTo }).map((made) => {
        const inputs = inputsOf(resource);
        const service = inner(made.hostname, inputs, () => made);
        return inner(`backend:${made.hostname}`, inputs, () => entryBackend(resource, service));
      }),
  });
};

interface Pair {
  readonly oldest: Entry;
  readonly younger: Entry;
}

const join = (known: Backend, backend: Backend, { oldest, younger }: Pair, { memo }: Input): Backend => {
  const share = shareOf(oldest, younger);
  if (share === 'nothing') return known;
  return memo(`joined:${known.service.key}:${nameOf(younger)}`, [known, backend, share], (inner) => {
    const together = () => joinedService(known.service, backend.service);
    const service = share === 'all' ? inner('service', [known.service, backend.service], together) : known.service;
    return joinedBackend(known, backend, service);
  });
};

/** Kubernetes' own first, so that nobody can squat on a Service's name; then the oldest (Istio's `initServiceRegistry`). */
export const services: Pass = {
  name: 'services',
  reads: ({ of, settings, assignments }) => [of('Service'), of('ServiceEntry'), settings.defaultServiceExportTo, assignments],
  make: (input) => {
    const backends = new Map(ofServices(input).map((backend) => [backend.service.key, backend]));
    const oldest = new Map<string, Entry>();
    const ofEach = ofEntries(input);
    for (const [index, younger] of input.of('ServiceEntry').entries()) {
      for (const backend of ofEach[index] ?? []) {
        const { key } = backend.service;
        const known = backends.get(key);
        const first = oldest.get(key);
        if (!known) {
          backends.set(key, backend);
          oldest.set(key, younger);
        } else if (first) backends.set(key, join(known, backend, { oldest: first, younger }, input));
      }
    }
    const list = [...backends.values()];
    const all = input.memo('backends', list, () => backends);
    const services = input.memo.each('all services', { items: list, name: ({ service }) => service.key, make: ({ service }) => service });
    return { backends: all, services };
  },
};
