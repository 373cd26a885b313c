import { gatewayOf } from '../istio/gateway.ts';
import { type Pass, resourceKey, sameList } from './input.ts';

export const gateways: Pass = ({ of, memo }) => ({
  gateways: sameList(
    memo,
    'gateways',
    of('Gateway').map((resource) => memo(resourceKey(resource), [resource.hash], () => gatewayOf(resource))),
  ),
});
