import { retryOf } from '../istio/retry.ts';
import { routingOf } from '../istio/virtual-service.ts';
import { nameOf, type Pass } from './input.ts';

export const routings: Pass = {
  name: 'routings',
  reads: ({ of, settings }) => [of('VirtualService'), settings.defaultVirtualServiceExportTo, settings.defaultHttpRetryPolicy],
  make: ({ of, settings, memo }) => {
    const exportTo = settings.defaultVirtualServiceExportTo;
    const retry = memo('default retries', [settings.defaultHttpRetryPolicy], () => retryOf(settings.defaultHttpRetryPolicy));
    return {
      routings: of('VirtualService').map((resource) =>
        memo(nameOf(resource), [resource.hash, exportTo, retry], () => routingOf(resource, { exportTo, retry })),
      ),
    };
  },
};
