import type { Resource, ServiceEntrySpec, ServiceSpec } from '@weft/model';
import { entryBackend, servicesOf } from '../istio/service-entry.ts';
import { entryOwner, serviceOwner } from '../kubernetes/allocate.ts';
import { backendOf, serviceOf } from '../kubernetes/service.ts';
import type { Backend } from '../mesh/index.ts';
import { type Input, type Pass, resourceKey, sameList } from './input.ts';

const ofService = (resource: Resource<ServiceSpec>, { settings, assignments, memo }: Input): Backend => {
  const { namespace, name } = resource.metadata;
  const assigned = assignments[serviceOwner(namespace, name)];
  const defaultExportTo = settings.defaultServiceExportTo;
  return memo(resourceKey(resource), [resource.hash, assigned, defaultExportTo], () => {
    const service = memo(`service/${namespace}/${name}`, [resource.hash, assigned, defaultExportTo], () =>
      serviceOf(resource, { assigned, defaultExportTo }),
    );
    return backendOf(resource, service);
  });
};

const ofEntry = (resource: Resource<ServiceEntrySpec>, { settings, assignments, memo }: Input): readonly Backend[] => {
  const { namespace, name } = resource.metadata;
  const assigned = (host: string) => assignments[entryOwner(namespace, name, host)];
  const inputs = [resource.hash, settings.defaultServiceExportTo, ...resource.spec.hosts.map((host) => assigned(host.toLowerCase()))];
  return memo(resourceKey(resource), inputs, () =>
    servicesOf(resource, { assigned, defaultExportTo: settings.defaultServiceExportTo }).map((service) => entryBackend(resource, service)),
  );
};

/** Kubernetes' own first, so that nobody can squat on a Service's name; then the oldest (Istio's `initServiceRegistry`). */
export const services: Pass = (input) => {
  const candidates = [
    ...input.of('Service').map((resource) => ofService(resource, input)),
    ...input.of('ServiceEntry').flatMap((resource) => ofEntry(resource, input)),
  ];
  const list = sameList(input.memo, 'backends', candidates);
  return input.memo('services', [list], () => {
    const backends = new Map<string, Backend>();
    for (const backend of list) if (!backends.has(backend.service.key)) backends.set(backend.service.key, backend);
    return { backends, services: [...backends.values()].map(({ service }) => service) };
  });
};
