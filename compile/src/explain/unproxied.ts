/** A client without a sidecar: its system leads it to an endpoint of the service, in plaintext. */
import type { ClusterStep, Passage, Request } from '@weft/model';
import type { Mesh } from '../mesh/index.ts';

const endpointsOf = ({ host, port, address = host }: Request, { services, endpoints }: Mesh) => {
  const service = services.find(({ hostname, shortName, addresses, namespace }) => {
    const names = [hostname, shortName, `${shortName}.${namespace}`, `${shortName}.${namespace}.svc`];
    return names.includes(host.toLowerCase()) || addresses.includes(address);
  });
  return (service && endpoints.get(`${service.key}:${port}`)?.endpoints) ?? [];
};

/** The leg from the client to the endpoints, of which no proxy knows. */
export const unproxied = (
  request: Request,
  { mesh }: { readonly mesh: Mesh },
): { readonly passage: Passage; readonly cluster: ClusterStep; readonly request: Request } => {
  const endpoints = endpointsOf(request, mesh);
  const cluster: ClusterStep = {
    name: `${request.host}:${request.port}`,
    weight: 1,
    percent: 100,
    endpoints: endpoints.map(({ address, port, workload, namespace, locality, weight, mtls }) => ({
      ...{ address, port, workload, namespace, weight, mtls, health: 'ready' as const, priority: 0, percent: 100 / endpoints.length },
      locality: [locality.region, locality.zone, locality.subzone].filter(Boolean).join('/'),
    })),
    loadBalancer: 'the client’s system',
    tls: { mode: 'plaintext' },
  };
  const outcome = { kind: 'forward', why: 'the client has no sidecar' } as const;
  const nothing = { listener: '', filterChain: '', virtualHost: '', route: '', tls: 'none', timeout: 0, rewrites: {} };
  return { passage: { ...nothing, clusters: [cluster], outcome }, cluster, request };
};
