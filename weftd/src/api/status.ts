import type { Status } from '@weft/model';
import type { ApiParts, Routes } from './routes.ts';

const statusOf = ({ desired, push, version, gatewayAddress, apiAddress }: ApiParts): Status => {
  const { workloads, instances } = desired.node();
  const wanted = workloads.reduce((sum, workload) => sum + workload.desired, 0);
  const running = workloads.reduce((sum, workload) => sum + Math.min(workload.ready, workload.desired), 0);
  const proxied = instances.filter(({ pod }) => pod.proxy !== 'none');
  const identities = new Set(proxied.map(({ pod }) => `${pod.namespace}/${pod.serviceAccount}`));
  const connected = new Set(push.proxies().flatMap((proxy) => (proxy.connected ? [`${proxy.namespace}/${proxy.name}`] : [])));
  return {
    ready: running >= wanted && proxied.every(({ pod }) => connected.has(`${pod.namespace}/${pod.name}`)),
    revision: desired.plan.revision(),
    addresses: { gateway: gatewayAddress, api: apiAddress(), console: `${apiAddress()}/`, prometheus: `${apiAddress()}/api/v1/metrics` },
    counts: { workloads: workloads.length, proxies: proxied.length, identities: identities.size },
    pods: { desired: wanted, ready: running },
    version,
  };
};

export const statusRoutes: Routes = (server, parts) => {
  server.get('/status', { config: { role: 'viewer' } }, () => statusOf(parts));
};
