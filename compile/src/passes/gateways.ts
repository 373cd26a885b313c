import { gatewayOf } from '../istio/gateway.ts';
import { nameOf, type Pass } from './input.ts';

export const gateways: Pass = {
  name: 'gateways',
  reads: ({ of }) => [of('Gateway')],
  make: ({ of, memo }) => ({
    gateways: of('Gateway').map((resource) => memo(nameOf(resource), [resource.hash], () => gatewayOf(resource))),
  }),
};
