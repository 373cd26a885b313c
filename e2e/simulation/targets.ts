/** What there is to ask of a case: everything that its proxy listens for, and a little beside it. */
import type { Arrival, View } from '@weft/compile';
import { outboundSni } from '@weft/envoy';
import type { ClientCertificate, Request } from '@weft/model';
import { type EgressScope, type GatewayChain, type GatewayServer, isAddress, isIPv6 } from '../../compile/src/mesh/index.ts';
import type { Random } from './random.ts';
import { type Callee, hostOf, oddHeaders, pathFor, requestFor } from './requests.ts';

/** A request as its client sends it, or a connection as it comes to the server's proxy. */
export type Question = { readonly kind: 'call'; readonly request: Request } | { readonly kind: 'arrival'; readonly arrival: Arrival };

export interface Target extends Callee {
  /** What is meant for it; some of what it is asked is something else. */
  readonly means: 'http' | 'https' | 'tls' | 'tcp' | 'arrival';
  /** Names that TLS may ask for there. */
  readonly serverNames: readonly string[];
  /** What servers demand of clients. */
  readonly certificate?: ClientCertificate;
}

const called = (means: Target['means'], callee: Callee, serverNames: readonly string[] = []): Target => ({ means, ...callee, serverNames });

const inHost = (address: string): string => (isIPv6(address) ? `[${address}]` : address);

type Service = View['outbound']['services'][number];

const serverNamesOf = ({ connections }: Service): readonly string[] =>
  [...connections.values()].flatMap((routes) => routes.flatMap(({ match }) => match.serverNames));

const serviceTargets = (scoped: Service, { endpoints }: View['outbound']): readonly Target[] => {
  const { service, aliases, routes, connections } = scoped;
  return service.ports
    .filter(({ protocol }) => protocol !== 'udp')
    .flatMap(({ number }) => {
      const direct = endpoints.get(`${service.key}:${number}`)?.endpoints.map(({ address }) => address) ?? [];
      const subnets = (connections.get(number) ?? []).flatMap(({ match }) => match.subnets);
      const dialled = service.headless || service.addresses.length === 0 ? direct : service.addresses;
      // Of a network somebody.
      const addresses = [...new Set([...dialled, ...subnets])].map((address) => address.replace(/\d*\/\d+$/, '9')).filter(isAddress);
      const hosts = [service.hostname, ...aliases, ...addresses.map(inHost)];
      const callees = addresses.length === 0 ? [{}] : addresses.map((address) => ({ address }));
      return callees.map((callee) =>
        called('http', { port: number, hosts, ...callee, routes: routes.get(number) ?? [] }, [service.hostname, ...serverNamesOf(scoped)]),
      );
    });
};

/** Listeners with an address of their own. */
const boundTargets = ({ bind, port, services }: EgressScope): readonly Target[] => {
  if (bind === undefined) return [];
  const numbers = port ? [port.number] : services.flatMap(({ service }) => service.ports.map(({ number }) => number));
  const isShared = port && (port.isProxy || port.number === 0);
  const hosts = services.flatMap(({ service }) =>
    isShared ? service.ports.map(({ number }) => `${service.hostname}:${number}`) : [service.hostname],
  );
  const routes = services.flatMap((scoped) => [...scoped.routes.values()].flat());
  const names = hosts.length > 0 ? hosts : ['nobody.example.org'];
  const place = bind === '0.0.0.0' || bind === '::' ? {} : { address: bind };
  return [...new Set(numbers)].map((number) => called('http', { port: number, ...place, hosts: names, routes }, names));
};

/** Nobody's port, and the proxies' own. */
const strays = [1, 15_001];

const sidecarTargets = ({ outbound, inbound: { ports } }: View): readonly Target[] => {
  const { services, virtualHosts, listeners = [] } = outbound;
  const ruled = [virtualHosts, ...listeners.map((listener) => listener.virtualHosts)].flatMap((byPort) => [...byPort]);
  const nobody = { hosts: ['unknown.example.org'], routes: [] };
  return [
    ...services.flatMap((scoped) => serviceTargets(scoped, outbound)),
    ...listeners.flatMap(boundTargets),
    ...ruled.flatMap(([port, hosts]) => hosts.map(({ host, routes }) => called('http', { port, hosts: [host], routes }))),
    ...strays.map((port) => called('tcp', { port, ...nobody })),
    ...[...ports.map(({ port }) => port), 9, 15_006].map((port) => called('arrival', { port, ...nobody })),
  ];
};

const demandedOf = ({ tls }: GatewayChain): Pick<Target, 'certificate'> => {
  if (tls?.mode === 'ISTIO_MUTUAL') return { certificate: 'mesh' };
  return tls?.authority ? { certificate: 'known' } : {};
};

const anyName = ['any.example.com'];

const namesOr = (names: readonly string[]): readonly string[] => (names.length > 0 ? names : anyName);

type Chain = Pick<Callee, 'port' | 'address'> & { readonly chain: GatewayChain };

const chainTargets = ({ chain, ...dialled }: Chain, services: View['outbound']['services']): readonly Target[] => {
  const { content, tls, serverNames } = chain;
  switch (content.kind) {
    case 'http': {
      const hosts = content.virtualHosts.length > 0 ? content.virtualHosts : [{ hosts: namesOr(serverNames), routes: [] }];
      const means = tls ? 'https' : 'http';
      return hosts.map((host) => ({ ...called(means, { ...dialled, ...host }, serverNames), ...demandedOf(chain) }));
    }
    case 'connection': {
      const means = tls || content.route.match.serverNames.length > 0 ? 'tls' : 'tcp';
      return [{ ...called(means, { ...dialled, hosts: namesOr(serverNames), routes: [] }, serverNames), ...demandedOf(chain) }];
    }
    case 'auto-passthrough': {
      const names = services.flatMap(({ service, destination }) =>
        service.ports.flatMap(({ number: port }) =>
          ['', ...destination.subsets.map(({ name }) => name)].map((subset) => outboundSni({ port, host: service.hostname, subset })),
        ),
      );
      return [{ ...called('tls', { ...dialled, hosts: namesOr(names), routes: [] }, names), certificate: 'mesh' }];
    }
  }
};

const serverTargets = ({ port, bind, chains }: GatewayServer, services: View['outbound']['services']): readonly Target[] => {
  const dialled = { port, ...(bind !== '0.0.0.0' && { address: bind }) };
  return chains.flatMap((chain) => chainTargets({ ...dialled, chain }, services));
};

export const targetsOf = (view: View): readonly Target[] =>
  view.role === 'gateway' ? view.gateway.servers.flatMap((server) => serverTargets(server, view.outbound.services)) : sidecarTargets(view);

const certificates: readonly (ClientCertificate | undefined)[] = ['mesh', 'known', 'unknown', undefined];

/** Mostly what the server demands. */
const certificateFor = ({ certificate }: Target, random: Random): Pick<Request, 'certificate'> => {
  const shown = random.chance(0.3) ? random.pick(certificates) : certificate;
  return shown === undefined ? {} : { certificate: shown };
};

/** Bytes with a ClientHello, or without. */
const bytesFor = (target: Target, random: Random): Request => {
  const { port, hosts, address, serverNames } = target;
  const names = [...serverNames, ...hosts].map((name) => name.replace(/:\d+$/, '')).filter((name) => /^[*a-z]/i.test(name));
  const host = names.length > 0 && random.chance(0.9) ? hostOf(random.pick(names), random) : 'else.example.org';
  const isTls = !host.includes('*') && random.chance(target.means === 'tls' ? 0.9 : target.means === 'tcp' ? 0.2 : 0.6);
  const shown = isTls ? certificateFor(target, random) : {};
  return { protocol: isTls ? 'tls' : 'tcp', host, port, ...(address !== undefined && { address }), ...shown };
};

/** The server's name is mostly the host's. */
const encryptedFor = (target: Target, random: Random): Request => {
  const { host, authority = host, ...request } = requestFor(target, random);
  const { serverNames } = target;
  const named = serverNames.length > 0 && random.chance(0.15) ? hostOf(random.pick(serverNames), random) : host;
  return { ...request, host: named, authority, scheme: 'https', ...certificateFor(target, random) };
};

const arrivalFor = ({ port }: Target, random: Random): Arrival => {
  const content = random.pick(['http', 'http', 'http', 'tcp', 'tls'] as const);
  const authority = random.pick(['server.example.org', `server.example.org:${port}`, 'server.example.org.', `server.example.org.:${port}`]);
  const asked = { method: random.pick(['GET', 'POST']), path: pathFor(undefined, random), headers: oddHeaders(random) };
  const request = { host: 'server.example.org', authority, port, ...asked };
  return { port, request, content, mtls: random.chance(0.5) };
};

/** Something else than what is meant. */
const oddShare = 0.06;

export const questionFor = (target: Target, { role }: View, random: Random): Question => {
  if (target.means === 'arrival') return { kind: 'arrival', arrival: arrivalFor(target, random) };
  // What a program encrypts itself, its sidecar sees as bytes.
  const odd = role === 'gateway' ? (['http', 'https', 'tls'] as const) : (['http', 'tls'] as const);
  const means = random.chance(oddShare) ? random.pick(odd) : target.means;
  if (means === 'http') return { kind: 'call', request: requestFor(target, random) };
  if (means === 'https') return { kind: 'call', request: encryptedFor(target, random) };
  return { kind: 'call', request: bytesFor(target, random) };
};

/** Names that servers look for in their clients' certificates. */
export const clientNamesOf = ({ gateway: { servers } }: View): readonly string[] =>
  servers.flatMap(({ chains }) => chains.flatMap(({ tls }) => tls?.subjectAltNames ?? []));
