/** What a sidecar accepts: the ports of the services that lead to its workload, each with its protocol and its mTLS mode. */
import type { Proxy } from '@weft/model';
import { peerModes } from '../istio/peer-authentication.ts';
import {
  type Backend,
  type InboundPort,
  type InboundSlice,
  type IngressListener,
  isHttp,
  type Mesh,
  modeOf,
  type PeerModes,
  type PortEndpoints,
  type Sidecar,
  selects,
  type Workload,
} from '../mesh/index.ts';
import { workloadPort } from '../passes/endpoints.ts';
import { destinationRule, withMeshTcp } from './destinations.ts';
import { sidecarOf } from './sidecar.ts';

type Listening = Pick<Proxy, 'namespace' | 'name' | 'labels' | 'addresses'>;

type Subject = Pick<Workload, 'namespace' | 'labels' | 'ports' | 'kind' | 'stage'>;

interface Landing {
  readonly backend: Backend;
  readonly servicePort: number;
  /** The workload's own. */
  readonly port: number;
}

/** The services of each namespace that select their workloads; the oldest comes first and names the port [S85]. */
const selecting = (mesh: Mesh): ReadonlyMap<string, readonly Backend[]> =>
  mesh.memo('selecting services', [mesh.backends], () =>
    Map.groupBy(
      [...mesh.backends.values()].filter(({ selector }) => selector),
      ({ service }) => service.namespace,
    ),
  );

const selectedLandings = (mesh: Mesh, subject: Subject): readonly Landing[] =>
  (selecting(mesh).get(subject.namespace) ?? [])
    .filter(({ selector }) => selector && selects(selector, subject.labels))
    .flatMap((backend) =>
      backend.service.ports.flatMap((servicePort) => {
        const port = workloadPort(subject, servicePort, backend.targets.get(servicePort.number) ?? servicePort.number);
        return port === undefined ? [] : [{ backend, servicePort: servicePort.number, port }];
      }),
    );

type Landings = ReadonlyMap<string, readonly Landing[]>;

const landingsOf = (all: readonly PortEndpoints[], { backends }: Mesh): Landings => {
  const byAddress = new Map<string, Landing[]>();
  for (const { service, port: servicePort, endpoints } of all) {
    const backend = backends.get(service);
    if (!backend || backend.selector) continue;
    for (const { address, port } of endpoints) {
      const landing = { backend, servicePort, port };
      const others = byAddress.get(address);
      if (others) others.push(landing);
      else byAddress.set(address, [landing]);
    }
  }
  return byAddress;
};

/** As many ports have an index together: of an endpoint that changes only theirs is made anew. */
const together = 64;

/** Where endpoints are written down, the address says whose they are. */
const writtenLandings = (mesh: Mesh): readonly Landings[] =>
  mesh.memo('landings by address', [mesh.endpoints, mesh.backends], (inner) => {
    const all = [...mesh.endpoints.values()];
    return Array.from({ length: Math.ceil(all.length / together) }, (_, index) => {
      const part = all.slice(index * together, (index + 1) * together);
      const backends = part.map(({ service }) => mesh.backends.get(service));
      return inner(`${index}`, [...part, ...backends], () => landingsOf(part, mesh));
    });
  });

interface Asked {
  readonly mesh: Mesh;
  readonly subject: Subject;
  readonly addresses: readonly string[];
  readonly modes: PeerModes;
  readonly sidecar: Sidecar | undefined;
}

/** Of a client-side policy only the connection pool counts here, and a Sidecar's beats it [S70]; a rule for particular clients is not for servers. */
const inboundPort = ({ backend: { service }, servicePort, port }: Landing, { mesh, subject, modes, sidecar }: Asked): InboundPort => {
  const anyone = { namespace: subject.namespace, labels: {} };
  const own = sidecar?.connectionPool ?? destinationRule(mesh, service, anyone)?.destination.policy(servicePort).connectionPool;
  const pool = withMeshTcp(own, mesh.rules);
  return {
    port,
    protocol: service.ports.find(({ number }) => number === servicePort)?.protocol ?? 'auto',
    mode: modeOf(modes, port),
    service: { hostname: service.hostname, port: servicePort },
    ...(pool ? { connectionPool: pool } : {}),
  };
};

/** `0.0.0.0` and `[::]` are the workload's own address. */
const targetOf = ({ target }: IngressListener, addresses: readonly string[]): IngressListener['target'] => {
  if (!target || (target.address !== '0.0.0.0' && target.address !== '::')) return target;
  const isV6 = target.address === '::';
  const own = addresses.find((address) => address.includes(':') === isV6);
  return { address: own ?? (isV6 ? '::1' : '127.0.0.1'), port: target.port };
};

/** "Everywhere" is the workload's own address: the other way round, callers' listeners are everywhere. */
const bindOf = ({ bind, bindToPort }: IngressListener, addresses: readonly string[]): string | undefined => {
  if (!bindToPort) return undefined;
  return bind === undefined || bind === '0.0.0.0' || bind === '::' ? (addresses[0] ?? '127.0.0.1') : bind;
};

const ingressPort = (listener: IngressListener, { mesh, addresses, modes, sidecar }: Asked): InboundPort => {
  const { port, protocol } = listener;
  const bind = bindOf(listener, addresses);
  const target = targetOf(listener, addresses);
  const pool = withMeshTcp(listener.connectionPool ?? sidecar?.connectionPool, mesh.rules);
  return {
    port,
    protocol,
    mode: modeOf(modes, port),
    ...(bind !== undefined && { bind }),
    ...(target && { target }),
    ...(pool && { connectionPool: pool }),
  };
};

/** Where TLS and plaintext are told apart by the first bytes, while callers may still wait for the server's. */
const isChanging = ({ subject }: Asked, ports: Iterable<InboundPort>): boolean =>
  subject.stage !== undefined && [...ports].some(({ mode, protocol }) => mode === 'PERMISSIVE' && protocol !== 'auto' && !isHttp(protocol));

/** A Sidecar's ingress listeners replace what services say [S21]. */
const portsOf = (asked: Asked, landings: readonly Landing[]): readonly InboundPort[] =>
  asked.sidecar?.ingress.length
    ? asked.sidecar.ingress.map((listener) => ingressPort(listener, asked))
    : landings.map((landing) => inboundPort(landing, asked));

const slice = (asked: Asked, landings: readonly Landing[]): InboundSlice => {
  const { modes } = asked;
  const ports = new Map<number, InboundPort>();
  for (const port of portsOf(asked, landings)) if (port.protocol !== 'udp' && !ports.has(port.port)) ports.set(port.port, port);
  for (const [text, mode] of Object.entries(modes.ports)) {
    const port = Number(text);
    if (!ports.has(port)) ports.set(port, { port, protocol: 'auto', mode });
  }
  return {
    ports: [...ports.values()].sort((a, b) => a.port - b.port),
    mode: modes.mode,
    ...(isChanging(asked, ports.values()) && { changing: true as const }),
  };
};

/** The registered instance; a proxy that is none speaks for itself. */
const subjectOf = (mesh: Mesh, proxy: Listening): Subject =>
  mesh.workloads.get(`${proxy.namespace}/${proxy.name}`) ?? { namespace: proxy.namespace, labels: proxy.labels, ports: {}, kind: 'pod' };

export const inboundSlice = (mesh: Mesh, proxy: Listening): InboundSlice => {
  const { memo } = mesh;
  const subject = subjectOf(mesh, proxy);
  const written = proxy.addresses.flatMap((address) => writtenLandings(mesh).flatMap((part) => part.get(address) ?? []));
  const sidecar = sidecarOf(mesh, subject);
  const addresses = sidecar?.ingress.length ? proxy.addresses : [];
  const own = memo(
    `inbound of ${proxy.namespace}/${proxy.name}`,
    [
      subject.labels,
      subject.ports,
      subject.stage,
      mesh.backends,
      mesh.peers,
      mesh.destinations,
      mesh.rules,
      sidecar,
      ...addresses,
      ...written,
    ],
    () => {
      const modes = subject.stage?.accepts ?? peerModes(mesh.peers, mesh.rules.rootNamespace, subject);
      return slice({ mesh, subject, addresses, modes, sidecar }, [...selectedLandings(mesh, subject), ...written]);
    },
  );
  // The instances of one workload say the same: they share it.
  return memo(`inbound ${memo(`inbound text of ${proxy.namespace}/${proxy.name}`, [own], () => JSON.stringify(own))}`, [], () => own);
};

/** A gateway accepts nothing but what its servers say. */
export const closed: InboundSlice = { ports: [], mode: 'DISABLE' };
