/** Objects that have a say in what a proxy does with a host: those to look at where it refuses, whatever the reason. */
import { ofKind, type WrittenPlace } from '@weft/model';
import type { RunningPod } from '../kubernetes/workload.ts';
import { clusterDomain, covers, expandHost, mesh as ofSidecars } from '../mesh/index.ts';
import { isFor, subjectOf } from '../scope/authorization.ts';
import { gatewaysOf } from '../scope/gateway-listeners.ts';
import { sidecarOf } from '../scope/sidecar.ts';
import { routingsIn } from '../scope/visible.ts';
import { expectedProxy, type Situation } from './journey.ts';
import { placesIn } from './places.ts';

const place =
  (kind: string, path: string) =>
  (key: string): WrittenPlace => {
    const [namespace = '', name = ''] = key.split('/', 2);
    return { kind, namespace, name, path };
  };

/** `rude`, `rude.why` and `rude.why.svc` are names of one service. */
const namesOf = (host: string | undefined, namespace: string): readonly string[] => {
  const name = host?.replace(/:\d+$/, '');
  if (!name) return [];
  return [expandHost(name, namespace), `${name}.svc.${clusterDomain}`, `${name}.${clusterDomain}`];
};

/** @param host as it was called; absent: a connection, of which nobody knows a host */
export const concernedIn = (situation: Situation, running: RunningPod, host?: string): readonly WrittenPlace[] => {
  const { mesh, resources } = situation;
  const { pod } = running;
  const isGateway = pod.proxy === 'gateway';
  const gateways = isGateway ? gatewaysOf(mesh, pod.labels).map(({ key }) => key) : [];
  const entrances = new Set(isGateway ? gateways : [ofSidecars]);
  const names = namesOf(host, pod.namespace);
  const isAsked = (hosts: readonly string[]): boolean => hosts.some((one) => names.some((name) => covers(one, name)));
  const routings = routingsIn(mesh, pod.namespace).items.filter(
    ({ gateways: own, hosts }) => own.some((one) => entrances.has(one)) && isAsked(hosts),
  );
  const subject = subjectOf(mesh, expectedProxy(running));
  const sidecar = isGateway ? undefined : sidecarOf(mesh, pod);
  const services = mesh.services.filter(({ hostname }) => isAsked([hostname]));
  const places = placesIn(resources);
  return [
    ...(sidecar ? [place('Sidecar', '')(sidecar.key)] : []),
    ...gateways.map(place('Gateway', 'spec.servers')),
    ...routings.map(({ key }) => place('VirtualService', '')(key)),
    ...mesh.requests.filter((policy) => isFor(policy, subject, mesh)).map(({ key }) => place('RequestAuthentication', '')(key)),
    ...ofKind(resources, 'MeshConfig').map(({ metadata }) => place('MeshConfig', '')(`${metadata.namespace}/${metadata.name}`)),
    ...services.flatMap((service) => places.ofService(service) ?? []),
  ].map(places.located);
};
