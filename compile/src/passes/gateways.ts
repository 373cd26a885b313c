import { gatewayOf } from '../istio/gateway.ts';
import { nameOf, type Pass } from './input.ts';

export const gateways: Pass = {
  name: 'gateways',
  reads: ({ of }) => [of('Gateway')],
  make: ({ of, memo }) => ({
    gateways: memo.each('gateways', { items: of('Gateway'), name: nameOf, inputs: ({ hash }) => [hash], make: gatewayOf }),
  }),
};
