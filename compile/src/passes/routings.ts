import { retryOf } from '../istio/retry.ts';
import { routingOf } from '../istio/virtual-service.ts';
import { type Pass, resourceKey, sameList } from './input.ts';

export const routings: Pass = ({ of, settings, memo }) => {
  const exportTo = settings.defaultVirtualServiceExportTo;
  const retry = memo('default retries', [settings.defaultHttpRetryPolicy], () => retryOf(settings.defaultHttpRetryPolicy));
  const all = of('VirtualService').map((resource) =>
    memo(resourceKey(resource), [resource.hash, exportTo, retry], () => routingOf(resource, { exportTo, retry })),
  );
  return { routings: sameList(memo, 'routings', all) };
};
