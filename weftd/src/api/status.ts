import type { Status } from '@weft/model';
import type { ApiParts, Routes } from './routes.ts';

const statusOf = ({ desired, push, version, gatewayPort, apiAddress, names }: ApiParts): Status => {
  const { workloads, instances, view } = desired.node();
  const wanted = workloads.reduce((sum, workload) => sum + workload.desired, 0);
  const running = workloads.reduce((sum, workload) => sum + Math.min(workload.ready, workload.desired), 0);
  const proxied = instances.filter(({ pod }) => pod.proxy !== 'none');
  const identities = new Set(proxied.map(({ pod }) => `${pod.namespace}/${pod.serviceAccount}`));
  const connected = new Set(push.proxies().flatMap((proxy) => (proxy.connected ? [`${proxy.namespace}/${proxy.name}`] : [])));
  const isEntered = view.hostPorts.some(({ hostPort }) => hostPort === gatewayPort);
  return {
    ready: running >= wanted && proxied.every(({ pod }) => connected.has(`${pod.namespace}/${pod.name}`)),
    revision: desired.plan.revision(),
    addresses: {
      gateway: isEntered ? `http://127.0.0.1:${gatewayPort}` : '',
      api: apiAddress(),
      console: `${names().address ?? apiAddress()}/`,
      prometheus: `${apiAddress()}/api/v1/metrics`,
    },
    counts: { workloads: workloads.length, proxies: proxied.length, identities: identities.size },
    pods: { desired: wanted, ready: running },
    version,
  };
};

export const statusRoutes: Routes = (server, parts) => {
  server.get('/status', { config: { role: 'viewer' } }, () => statusOf(parts));
};
