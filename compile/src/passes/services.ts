import type { Resource, ServiceEntrySpec, ServiceSpec } from '@weft/model';
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

/** Kubernetes' own first, so that nobody can squat on a Service's name; then the oldest (Istio's `initServiceRegistry`). */
export const services: Pass = {
  name: 'services',
  reads: ({ of, settings, assignments }) => [of('Service'), of('ServiceEntry'), settings.defaultServiceExportTo, assignments],
  make: (input) => {
    const backends = new Map<string, Backend>();
    const add = (backend: Backend) => {
      if (!backends.has(backend.service.key)) backends.set(backend.service.key, backend);
    };
    for (const resource of input.of('Service')) add(ofService(resource, input));
    for (const resource of input.of('ServiceEntry')) for (const backend of ofEntry(resource, input)) add(backend);
    const all = input.memo('backends', [...backends.values()], () => backends);
    return { backends: all, services: input.memo('services', [all], () => [...all.values()].map(({ service }) => service)) };
  },
};
