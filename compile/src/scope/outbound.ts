/** What a proxy may call. One slice for all proxies of a namespace whose labels no rule tells apart. */
import { outboundCluster } from '@weft/envoy';
import {
  type EgressListener,
  type EgressScope,
  followEldest,
  hostIndex,
  type Mesh,
  type OutboundSlice,
  type OutboundTrafficPolicy,
  type Routing,
  type Sidecar,
} from '../mesh/index.ts';
import { type Client, clientKey } from './client.ts';
import { withConnections } from './connections.ts';
import { type Hashing, withHashedRoutes } from './hashing.ts';
import { everythingImported, importedBy } from './imports.ts';
import { ruleHosts } from './rule-hosts.ts';
import type { SeenServices } from './services.ts';
import { sharedBy } from './shared.ts';
import { sidecarOf } from './sidecar.ts';
import { type Surroundings, surroundingsOf, surroundingsOfImported } from './surroundings.ts';
import { toldTo } from './told.ts';

const noRoutings: Surroundings['routings'] = { list: [], byHost: hostIndex<readonly Routing[]>([]) };
const noNames: Surroundings['taken'] = new Set();
const noRuleHosts: OutboundSlice['virtualHosts'] = new Map();

const hashingOf = (client: Client, { mesh, known }: Surroundings): Hashing => ({
  mesh,
  memo: mesh.memo,
  client,
  known,
});

const endpointsSeen = (mesh: Mesh, { key, keys }: SeenServices): OutboundSlice['endpoints'] => {
  if (keys.size === mesh.services.length) return mesh.endpoints;
  const seen = () => new Map([...mesh.endpoints].filter(([, { service }]) => keys.has(service)));
  return mesh.memo(`endpoints seen ${key}`, [mesh.endpoints, keys], seen);
};

/** What clients call by name in these surroundings. */
const calledIn = (client: Client, surroundings: Surroundings): Pick<OutboundSlice, 'services' | 'virtualHosts'> => {
  const key = `${clientKey(surroundings.mesh, client)}: ${surroundings.key}`;
  const told = withHashedRoutes(key, toldTo(client, surroundings), hashingOf(client, surroundings));
  return {
    // Classes of proxies differ in few services: what is made for the first is mended for the others.
    services: followEldest(surroundings.services, withConnections(key, told, { client, surroundings })),
    virtualHosts: ruleHosts(key, { client, surroundings, hashing: hashingOf(client, surroundings) }),
  };
};

/** Namespaces that are told the same share one slice. */
const ordinary = sharedBy<[OutboundSlice['services'], OutboundSlice['endpoints'], OutboundSlice['virtualHosts']], OutboundSlice>();

const ordinarySlice = (mesh: Mesh, client: Client): OutboundSlice => {
  const surroundings = surroundingsOf(mesh, client.namespace);
  const { services, virtualHosts: others } = calledIn(client, surroundings);
  const endpoints = endpointsSeen(mesh, surroundings.services);
  const { outboundTrafficPolicy } = mesh.rules;
  return ordinary(
    services,
    endpoints,
    others,
  )(outboundTrafficPolicy, () => ({
    services,
    endpoints,
    outboundTrafficPolicy,
    virtualHosts: others,
  }));
};

const listenerOf = ({ port, bind, bindToPort }: EgressListener, called: Pick<EgressScope, 'services' | 'virtualHosts'>): EgressScope => ({
  ...(port && { port }),
  ...(bind !== undefined && { bind }),
  bindToPort,
  ...called,
});

/** The Sidecar's word beats the mesh's [S22]. */
const policyOf = ({ mode, proxy }: OutboundTrafficPolicy): Pick<OutboundSlice, 'outboundTrafficPolicy' | 'egressProxy'> => ({
  outboundTrafficPolicy: mode,
  ...(proxy && mode === 'ALLOW_ANY' && { egressProxy: outboundCluster({ ...proxy, port: proxy.port ?? 0 }) }),
});

/** For those who ask only which clusters there are. */
const clustersOf = (mesh: Mesh, all: SeenServices): Surroundings => ({
  mesh,
  key: `clusters of ${all.key}`,
  services: all,
  known: all.byHost,
  routings: noRoutings,
  taken: noNames,
});

/** One listener that hears what everybody else's would: it needs no words of its own. */
const isOrdinary = ([only, ...others]: readonly EgressListener[]): boolean =>
  others.length === 0 && only !== undefined && !only.port && only.bind === undefined && !only.bindToPort;

/** What a Sidecar imports, shared by all whose Sidecars say the same [S21]. */
const sidecarSlice = (mesh: Mesh, client: Client, sidecar: Sidecar): OutboundSlice => {
  const imported = sidecar.egress.map((listener) => importedBy(mesh, client.namespace, listener));
  const all = everythingImported(mesh, imported);
  const parts = imported.map((one) => calledIn(client, surroundingsOfImported(mesh, one, all)));
  const reachesMore = imported.some(({ reached }) => reached.length > 0);
  const simple = isOrdinary(sidecar.egress) && !reachesMore ? parts[0] : undefined;
  const services = simple?.services ?? toldTo(client, clustersOf(mesh, all));
  const endpoints = endpointsSeen(mesh, all);
  const policy = policyOf(sidecar.outboundTrafficPolicy ?? { mode: mesh.rules.outboundTrafficPolicy });
  const heard = parts.flatMap((part) => [part.services, part.virtualHosts]);
  const shape = JSON.stringify([policy, ...sidecar.egress.map(({ port, bind, bindToPort }) => [port, bind, bindToPort])]);
  return mesh.memo(`outbound of ${clientKey(mesh, client)}: ${all.key} ${shape}`, [services, endpoints, ...heard], () => ({
    services,
    endpoints,
    ...policy,
    virtualHosts: simple?.virtualHosts ?? noRuleHosts,
    ...(simple ? {} : { listeners: sidecar.egress.flatMap((listener, i) => (parts[i] ? [listenerOf(listener, parts[i])] : [])) }),
  }));
};

/** Gateways resolve no names as clients ask for them: such a host has no cluster there, as in Istio 1.29 [S71]. */
const withoutDynamic = (mesh: Mesh, client: Client, slice: OutboundSlice): OutboundSlice => {
  const services = slice.services.filter(({ service }) => service.resolution !== 'dns-dynamic');
  if (services.length === slice.services.length) return slice;
  return mesh.memo(`outbound of gateways: ${clientKey(mesh, client)}`, [slice], () => ({ ...slice, services }));
};

/** What a proxy may call. Gateways see what is exported to their namespace, whatever Sidecars say [S20]. */
export const outboundSlice = (
  mesh: Mesh,
  { namespace, labels, role }: Client & { readonly role: 'sidecar' | 'gateway' },
): OutboundSlice => {
  const client = { namespace, labels };
  if (role === 'gateway') return withoutDynamic(mesh, client, ordinarySlice(mesh, client));
  const sidecar = sidecarOf(mesh, client);
  return sidecar ? sidecarSlice(mesh, client, sidecar) : ordinarySlice(mesh, client);
};
