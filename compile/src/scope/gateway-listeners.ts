/**
 * The servers of all Gateways that select one proxy, merged by the port and address that they listen on (Istio's `mergeGateways`).
 * What two servers cannot share belongs to the older Gateway: Envoy would refuse the listener of both.
 */
import type { Proxy } from '@weft/model';
import { targetPort } from '../kubernetes/endpoint.ts';
import { type Gateway, type GatewayListener, type Labels, type Mesh, selects } from '../mesh/index.ts';

export interface BoundListener {
  readonly gateway: Gateway;
  readonly listener: GatewayListener;
}

/** All that shares one port and address, oldest first. */
export interface MergedPort {
  readonly port: number;
  readonly bind: string;
  readonly members: readonly BoundListener[];
}

export const anyAddress = '0.0.0.0';

/** Who has what a server asked for. */
export interface Conflict {
  readonly loser: BoundListener;
  readonly winner: BoundListener;
  /** Server names that both have; empty: the protocols exclude each other. */
  readonly hosts: readonly string[];
}

/** `ports`: by name, of what need not run. */
export type Listening = Pick<Proxy, 'namespace' | 'name' | 'labels' | 'unprivileged'> & {
  readonly ports?: Readonly<Record<string, number>>;
};

/** A gateway's port is the Service's where one leads to the proxy, so that 80 may be served on 8080 (Istio's `resolvePorts`). */
const boundPort = (mesh: Mesh, proxy: Listening, port: number): number => {
  for (const { service, selector, targets } of mesh.backends.values()) {
    if (service.namespace !== proxy.namespace || !selector || !selects(selector, proxy.labels)) continue;
    const target = targets.get(port);
    const ports = proxy.ports ?? mesh.workloads.get(`${proxy.namespace}/${proxy.name}`)?.ports ?? {};
    const found = target === undefined ? undefined : targetPort({ ports }, target);
    if (found !== undefined) return found;
  }
  return port;
};

/** A selector selects in every namespace [S118]; an empty one everybody. */
export const gatewaysOf = (mesh: Mesh, labels: Labels): readonly Gateway[] =>
  mesh.gateways.filter(({ selector }) => selects(selector, labels));

/** Told apart from its neighbours by what the client says in TLS. */
const isTls = ({ tls, content }: GatewayListener): boolean =>
  tls !== undefined || content === 'passthrough' || content === 'auto-passthrough';

const isPlainHttp = ({ tls, content }: GatewayListener): boolean => content === 'http' && tls === undefined;

/** Server names; empty: any. */
export const serverNames = ({ hosts }: GatewayListener): readonly string[] => {
  const names = [...new Set(hosts.map(({ host }) => host))].sort();
  return names.includes('*') ? [] : names;
};

const claimed = (listener: GatewayListener): readonly string[] => [...new Set(listener.hosts.map(({ host }) => host))];

/**
 * Plain HTTP shares with plain HTTP, TLS with TLS of other names. Plain bytes share with TLS that was there before, as in Istio,
 * where TLS that comes later finds its port taken.
 */
const rivalOf = (bound: BoundListener, members: readonly BoundListener[]): Conflict | undefined => {
  const { listener } = bound;
  const plain = members.find((member) => !isTls(member.listener));
  if (plain && !(isPlainHttp(listener) && isPlainHttp(plain.listener))) return { loser: bound, winner: plain, hosts: [] };
  if (!isTls(listener)) return undefined;
  const names = claimed(listener);
  for (const winner of members) {
    const hosts = isTls(winner.listener) ? claimed(winner.listener).filter((host) => names.includes(host)) : [];
    if (hosts.length > 0) return { loser: bound, winner, hosts };
  }
  return undefined;
};

export interface Merged {
  readonly ports: readonly MergedPort[];
  readonly conflicts: readonly Conflict[];
}

/** @param gateways oldest first */
export const mergeGateways = (mesh: Mesh, proxy: Listening, gateways: readonly Gateway[]): Merged => {
  const ports = new Map<string, { readonly port: number; readonly bind: string; readonly members: BoundListener[] }>();
  const conflicts: Conflict[] = [];
  for (const gateway of gateways) {
    for (const listener of gateway.listeners) {
      const [port, bind] = [boundPort(mesh, proxy, listener.port), listener.bind ?? anyAddress];
      const key = `${bind}_${port}`;
      const known = ports.get(key) ?? { port, bind, members: [] };
      ports.set(key, known);
      const bound = { gateway, listener };
      const conflict = rivalOf(bound, known.members);
      if (conflict) conflicts.push(conflict);
      else known.members.push(bound);
    }
  }
  const ordered = [...ports.values()].sort((a, b) => a.port - b.port || (a.bind < b.bind ? -1 : 1));
  // Envoy refuses a listener that it cannot bind [S122].
  const isBindable = ({ port }: MergedPort) => !proxy.unprivileged || port >= 1024;
  return { ports: ordered.filter((port) => port.members.length > 0 && isBindable(port)), conflicts };
};
