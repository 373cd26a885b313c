import type { Resource, ServiceEntrySpec, ServiceSpec } from '@weft/model';
import { joinedBackend, joinedService, shareOf } from '../istio/joined.ts';
import { entryBackend, servicesOf } from '../istio/service-entry.ts';
import { entryOwner, serviceOwner } from '../kubernetes/allocate.ts';
import { backendOf, serviceOf } from '../kubernetes/service.ts';
import type { Backend } from '../mesh/index.ts';
import { type Input, nameOf, type Pass } from './input.ts';

const ofService = (resource: Resource<ServiceSpec>, { settings, assignments, memo }: Input): Backend => {
  const { namespace, name } = resource.metadata;
  const assigned = assignments[serviceOwner(namespace, name)];
  const defaultExportTo = settings.defaultServiceExportTo;
  return memo(nameOf(resource), [resource.hash, assigned, defaultExportTo], (inner) => {
    const service = inner('service', [resource.hash, assigned, defaultExportTo], () => serviceOf(resource, { assigned, defaultExportTo }));
    return backendOf(resource, service);
  });
};

const ofEntry = (resource: Resource<ServiceEntrySpec>, { settings, assignments, memo }: Input): readonly Backend[] => {
  const { namespace, name } = resource.metadata;
  const assigned = (host: string) => assignments[entryOwner(namespace, name, host)];
  const inputs = [resource.hash, settings.defaultServiceExportTo, ...resource.spec.hosts.map((host) => assigned(host.toLowerCase()))];
  return memo(`entry:${nameOf(resource)}`, inputs, (inner) =>
    servicesOf(resource, { assigned, defaultExportTo: settings.defaultServiceExportTo }).map((made) => {
      const service = inner(made.hostname, inputs, () => made);
      return inner(`backend:${made.hostname}`, inputs, () => entryBackend(resource, service));
    }),
  );
};

interface Pair {
  readonly oldest: Resource<ServiceEntrySpec>;
  readonly younger: Resource<ServiceEntrySpec>;
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
    const backends = new Map(
      input
        .of('Service')
        .map((resource) => ofService(resource, input))
        .map((backend) => [backend.service.key, backend]),
    );
    const oldest = new Map<string, Resource<ServiceEntrySpec>>();
    for (const younger of input.of('ServiceEntry')) {
      for (const backend of ofEntry(younger, input)) {
        const { key } = backend.service;
        const known = backends.get(key);
        const first = oldest.get(key);
        if (!known) {
          backends.set(key, backend);
          oldest.set(key, younger);
        } else if (first) backends.set(key, join(known, backend, { oldest: first, younger }, input));
      }
    }
    const all = input.memo('backends', [...backends.values()], () => backends);
    return { backends: all, services: input.memo('services', [all], () => [...all.values()].map(({ service }) => service)) };
  },
};
