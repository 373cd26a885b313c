import { sidecarOf } from '../istio/sidecar.ts';
import { nameOf, type Pass } from './input.ts';

export const sidecars: Pass = {
  name: 'sidecars',
  reads: ({ of }) => [of('Sidecar')],
  make: ({ of, memo }) => ({
    sidecars: memo.each('sidecars', { items: of('Sidecar'), name: nameOf, inputs: ({ hash }) => [hash], make: sidecarOf }),
  }),
};
