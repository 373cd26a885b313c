/** Headless Services whose clients come without TLS, since not all of their pods take mutual TLS, to some that demand it [S91, S95]. */
import { doubtful, type Problem, type Resource, type ServiceSpec } from '@weft/model';
import { peerModes } from '../istio/peer-authentication.ts';
import { clusterDomain, type Mesh, modeOf, type Service } from '../mesh/index.ts';
import { workloadPort } from '../passes/endpoints.ts';
import type { Facts, ObjectCheck } from './facts.ts';
import { runningOf } from './rule-tls.ts';

const headlessOf = ({ metadata: { namespace, name } }: Resource<ServiceSpec>, { mesh }: Facts): Service | undefined => {
  const service = mesh.backends.get(`${namespace}/${name}.${namespace}.svc.${clusterDomain}`)?.service;
  return service?.resolution === 'original-dst' ? service : undefined;
};

const endpointsOf = (mesh: Mesh, service: Service, port: number) => mesh.endpoints.get(`${service.key}:${port}`)?.endpoints ?? [];

const strictAt = (mesh: Mesh, service: Service, port: Service['ports'][number]): number => {
  const target = mesh.backends.get(service.key)?.targets.get(port.number) ?? port.number;
  return runningOf(mesh, service).filter((workload) => {
    const modes = peerModes(mesh.peers, mesh.rules.rootNamespace, workload);
    return modeOf(modes, workloadPort(workload, port, target) ?? 0) === 'STRICT';
  }).length;
};

const problemOf = (service: Service, index: number, mesh: Mesh): readonly Problem[] => {
  const port = service.ports[index];
  const endpoints = port ? endpointsOf(mesh, service, port.number) : [];
  const able = endpoints.filter(({ mtls }) => mtls).length;
  if (!port || able === endpoints.length) return [];
  const strict = strictAt(mesh, service, port);
  if (strict === 0) return [];
  return [
    doubtful('WEFT0209', `spec.ports[${index}]`, [
      `clients dial these pods themselves, and use mutual TLS only where all take it: ${able} of ${endpoints.length} do, and ${strict} of them refuse what comes without (STRICT)`,
      'Give all pods behind it a sidecar and a mode that takes mutual TLS, or let a PeerAuthentication be PERMISSIVE there.',
    ]),
  ];
};

export const headlessServices: ObjectCheck<'Service'> = {
  kind: 'Service',
  about: 'mutual TLS of headless Services',
  reads: ['backends', 'endpoints', 'workloads', 'peers'],
  depends: (resource, facts) => {
    const service = headlessOf(resource, facts);
    if (!service) return [];
    const { mesh } = facts;
    const endpoints = service.ports.map(({ number }) => mesh.endpoints.get(`${service.key}:${number}`));
    return [service, mesh.peers, mesh.rules, ...endpoints, ...runningOf(mesh, service)];
  },
  problems: (resource, facts) => {
    const service = headlessOf(resource, facts);
    return service ? service.ports.flatMap((_, index) => problemOf(service, index, facts.mesh)) : [];
  },
};
