/** Which mode of mutual TLS is in force where, and which object says so. */
import type { PortMode, Resource, WorkloadModes } from '@weft/model';
import { type PeerOrigin, type PeerTarget, peerOriginsIn } from '../istio/peer-authentication.ts';
import type { RunningPod } from '../kubernetes/workload.ts';
import type { Mesh } from '../mesh/index.ts';
import { scope } from '../scope/index.ts';
import { expectedProxy, type Situation } from './journey.ts';
import { placesIn } from './places.ts';

type OriginOf = (target: PeerTarget, port?: number) => PeerOrigin;

const portsOf = (running: RunningPod, mesh: Mesh, originOf: OriginOf): readonly PortMode[] => {
  const { pod } = running;
  const { ports } = scope(mesh, expectedProxy(running)).inbound;
  const numbers = new Map(ports.map(({ port, protocol }) => [port, protocol]));
  // A mode of its own has a port whether a Service leads to it or not.
  for (const { ports: declared } of pod.containers)
    for (const { containerPort, protocol } of declared)
      if (protocol === 'TCP' && !numbers.has(containerPort)) numbers.set(containerPort, 'auto');
  const listed = [...numbers].sort(([a], [b]) => a - b).map(([port, protocol]) => ({ port, protocol, ...originOf(pod, port) }));
  return [...listed, { protocol: 'auto', ...originOf(pod) }];
};

/** Without the steps of a change that is under way: what will be in force when it is over. */
export const modesIn = ({ mesh, resources, pods }: Situation): readonly WorkloadModes[] => {
  const places = placesIn(resources);
  const plain = peerOriginsIn(resources as readonly Resource[], mesh.rules.rootNamespace);
  const originOf: OriginOf = (target, port) => {
    const { mode, from } = plain(target, port);
    return { mode, ...(from && { from: places.located(from) }) };
  };
  const byWorkload = Map.groupBy(pods, ({ pod }) => `${pod.namespace}/${pod.workload.name}`);
  return [...byWorkload.values()]
    .flatMap((alike): readonly WorkloadModes[] => {
      const [first] = alike;
      if (!first) return [];
      const { namespace, workload, proxy } = first.pod;
      const addresses = alike.flatMap(({ address, ipv6 }) => [address, ipv6 ?? '']).filter((address) => address !== '');
      const ports = proxy === 'sidecar' ? portsOf(first, mesh, originOf) : [];
      return [{ namespace, workload: workload.name, addresses, proxy, ports }];
    })
    .sort((a, b) => (`${a.namespace}/${a.workload}` < `${b.namespace}/${b.workload}` ? -1 : 1));
};
