import { authorizerOf, serviceOfProvider } from '../istio/authorizer.ts';
import type { Pass } from './input.ts';

/** Services by host count, but each provider for itself: a change elsewhere keeps the list what it was. */
export const authorizers: Pass = {
  name: 'authorizers',
  reads: ({ settings }, { services }) => [settings, settings.extensionProviders.length > 0 ? services : undefined],
  make: ({ settings, memo }, { services }) => {
    const providers = new Map(settings.extensionProviders.toReversed().map((provider) => [provider.name ?? '', provider] as const));
    providers.delete('');
    const made = [...providers.values()].toReversed().flatMap((provider) => {
      if (!provider.envoyExtAuthzGrpc && !provider.envoyExtAuthzHttp) return [];
      const service = serviceOfProvider(provider, (host) => services.filter(({ hostname }) => hostname === host));
      return memo(provider.name ?? '', [provider, service], () => authorizerOf(provider, service)) ?? [];
    });
    return { authorizers: made };
  },
};
