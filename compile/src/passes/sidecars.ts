import { sidecarOf } from '../istio/sidecar.ts';
import { nameOf, type Pass } from './input.ts';

export const sidecars: Pass = {
  name: 'sidecars',
  reads: ({ of }) => [of('Sidecar')],
  make: ({ of, memo }) => ({
    sidecars: of('Sidecar').map((resource) => memo(nameOf(resource), [resource.hash], () => sidecarOf(resource))),
  }),
};
