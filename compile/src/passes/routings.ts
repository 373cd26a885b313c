import type { Resource, VirtualServiceSpec } from '@weft/model';
import { delegateKeys, isDelegate } from '../istio/delegate.ts';
import type { Delegates } from '../istio/delegation.ts';
import { retryOf } from '../istio/retry.ts';
import { routingOf } from '../istio/virtual-service.ts';
import { type Input, nameOf, type Pass } from './input.ts';

/** VirtualServices that wait for routes of others: they have no hosts of their own. */
export const delegatesOf = ({ of, settings, memo }: Input): Delegates => {
  const all = of('VirtualService');
  const byName = memo('virtual services by name', [all], () => new Map(all.map((resource) => [nameOf(resource), resource])));
  return { at: (key) => byName.get(key), exportTo: settings.defaultVirtualServiceExportTo };
};

/** What the delegates say is part of what their root says. */
const delegatedTo = (resource: Resource<VirtualServiceSpec>, delegates: Delegates): readonly unknown[] =>
  delegateKeys(resource).map((key) => delegates.at(key)?.hash);

export const routings: Pass = {
  name: 'routings',
  reads: ({ of, settings }) => [of('VirtualService'), settings.defaultVirtualServiceExportTo, settings.defaultHttpRetryPolicy],
  make: (input) => {
    const { of, settings, memo } = input;
    const delegates = delegatesOf(input);
    const given = memo('delegates', [of('VirtualService')], () => of('VirtualService').filter(isDelegate));
    const retry = memo('default retries', [settings.defaultHttpRetryPolicy], () => retryOf(settings.defaultHttpRetryPolicy));
    return {
      routings: memo.each('routings', {
        items: of('VirtualService').filter((resource) => !isDelegate(resource)),
        name: nameOf,
        context: [given, delegates.exportTo, retry],
        inputs: (resource) => [resource.hash, delegates.exportTo, retry, ...delegatedTo(resource, delegates)],
        make: (resource) => routingOf(resource, { retry, delegates }),
      }),
    };
  },
};
