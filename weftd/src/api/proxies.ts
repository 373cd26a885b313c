import { type ProxyStatus, spiffeId } from '@weft/model';
import type { Instance } from '../registry.ts';
import { liveConfig } from './live-config.ts';
import type { ApiParts, Routes } from './routes.ts';
import { sentConfig } from './sent-config.ts';

/** A pod whose proxy has not connected, or one without a proxy that should get one. */
const unconnected = ({ pod }: Instance, trustDomain: string): ProxyStatus => ({
  name: pod.name,
  namespace: pod.namespace,
  identity: spiffeId({ trustDomain, namespace: pod.namespace, serviceAccount: pod.serviceAccount }),
  connected: false,
  // What has no proxy has nothing to be behind with.
  inStep: pod.proxy === 'none',
  restartNeeded: false,
  types: {},
  lastNack: null,
});

const keyOf = ({ namespace, name }: { readonly namespace: string; readonly name: string }): string => `${namespace}/${name}`;

const statuses = ({ desired, push }: ApiParts): readonly ProxyStatus[] => {
  const { instances, restartNeeded } = desired.node();
  const marked = new Set(restartNeeded);
  const known = push
    .proxies()
    .map(({ proxy: _proxy, revision: _revision, nacks: _nacks, ...status }) => ({ ...status, restartNeeded: marked.has(keyOf(status)) }));
  const listed = new Set(known.map(keyOf));
  const others = instances
    .filter(({ pod }) => !listed.has(keyOf(pod)) && (pod.proxy !== 'none' || marked.has(keyOf(pod))))
    .map((instance) => ({ ...unconnected(instance, desired.trustDomain), restartNeeded: marked.has(keyOf(instance.pod)) }));
  return [...known, ...others].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
};

export const proxyRoutes: Routes = (server, parts) => {
  server.get('/proxies', { config: { role: 'viewer' } }, () => ({ items: statuses(parts) }));
  server.get<{ Params: { namespace: string; name: string }; Querystring: { live?: string } }>(
    '/proxies/:namespace/:name/config',
    { config: { role: 'viewer' } },
    async ({ params, query }) => {
      const live = query.live === 'true' || query.live === '';
      return live ? liveConfig(parts.agent, params) : sentConfig(parts, params);
    },
  );
};
