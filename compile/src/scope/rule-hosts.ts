/** Virtual hosts of rules whose host no service has [S49]. */
import { covers, isHttp, isWildcard, type Memo, type OutboundSlice, type Routing, type Service } from '../mesh/index.ts';
import type { Client } from './client.ts';
import { type Hashing, withHashes } from './hashing.ts';
import { routesAt } from './routes.ts';
import type { SeenServices } from './services.ts';
import type { Surroundings } from './surroundings.ts';
import { placeOf, servicesReached } from './told.ts';

type RuleHosts = OutboundSlice['virtualHosts'];
type RuleHost = RuleHosts extends ReadonlyMap<number, readonly (infer Host)[]> ? Host : never;

const none: readonly Service[] = [];

const servicesOf = (host: string, { services, byHost }: SeenServices): readonly Service[] => {
  if (isWildcard(host)) return services.filter(({ hostname }) => covers(host, hostname));
  const service = byHost.get(host);
  return service?.hostname === host ? [service] : none;
};

interface Claim {
  readonly routing: Routing;
  readonly host: string;
}

/**
 * By port. Istio asks of each port which services there a rule is for; its other hosts get the same routes beside them, and on
 * port 80 also where it is for none (`buildSidecarVirtualHostsForVirtualService`).
 */
const claimsOf = (routing: Routing, { services, routings }: Surroundings): readonly (readonly [number, Claim])[] => {
  const named = routing.hosts.map((host) => ({ host, services: servicesOf(host, services) }));
  const unknown = named.filter((one) => one.services.length === 0);
  const alone = unknown.map(({ host }) => [80, { routing, host }] as const);
  if (named.length === 1 || unknown.length === named.length) return alone;
  // Of a wildcard's services those that a more specific rule has are not its own.
  const own = named.flatMap((one) => one.services).filter(({ hostname }) => routings.byHost.find(hostname)?.includes(routing));
  const ports = new Set(
    own.flatMap(({ ports: all }) => all.filter(({ protocol }) => isHttp(protocol) || protocol === 'auto')).map(({ number }) => number),
  );
  const beside = [...ports].flatMap((port) =>
    named
      .filter((one) => !one.services.some(({ ports: all }) => all.some(({ number }) => number === port)))
      .map(({ host }) => [port, { routing, host }] as const),
  );
  return ports.has(80) ? beside : [...beside, ...alone];
};

interface Asked {
  readonly client: Client;
  readonly surroundings: Surroundings;
  readonly hashing: Hashing;
  readonly memo: Memo;
}

/** Of several rules for a host the first that has routes here. */
const madeAt = (
  port: number,
  host: string,
  { routings, asked }: { readonly routings: readonly Routing[]; readonly asked: Asked },
): readonly RuleHost[] => {
  const { client, surroundings, hashing, memo } = asked;
  for (const routing of routings) {
    const reached = servicesReached(routing, surroundings);
    const name = `${host}:${port}`;
    const plain = memo(`routes of ${name} by ${routing.key}`, [routing, ...reached], () =>
      routesAt(routing, placeOf(port, client, surroundings)),
    );
    if (plain.length === 0) continue;
    const routes = withHashes(name, plain, hashing);
    return [memo(name, [routes], () => ({ host, routes }))];
  }
  return [];
};

/** Of all rules; what one with a single host claims depends on the services alone. */
const allClaims = (surroundings: Surroundings): readonly (readonly [number, Claim])[] => {
  const { mesh, key, services, routings } = surroundings;
  const ofRules = mesh.memo.each(`claims of rules ${key}`, {
    items: routings.list,
    name: (routing) => routing.key,
    context: [services, routings],
    concerned: ([seen]) => (seen === services ? ({ hosts }) => hosts.length > 1 : undefined),
    make: (routing) => (routing.rules.length > 0 ? claimsOf(routing, surroundings) : []),
  });
  return mesh.memo(`all claims of rules ${key}`, [ofRules], () => ofRules.flat());
};

const noHosts: RuleHosts = new Map();

/** @param key of all who are told the same */
export const ruleHosts = (key: string, asked: Omit<Asked, 'memo'>): RuleHosts => {
  const { mesh, known } = asked.surroundings;
  const claims = allClaims(asked.surroundings);
  if (claims.length === 0) return noHosts;
  return mesh.memo(`virtual hosts of ${key}`, [claims, known, mesh.destinations, mesh.rules], (memo) => {
    const ports = [...Map.groupBy(claims, ([port]) => port)].map(([port, all]) => {
      const hosts = Map.groupBy(
        all.map(([, claim]) => claim),
        ({ host }) => host,
      );
      const at = { ...asked, memo, hashing: { ...asked.hashing, memo } };
      const made = [...hosts].flatMap(([host, rivals]) =>
        madeAt(port, host, { routings: rivals.map(({ routing }) => routing), asked: at }),
      );
      return [port, memo(`rule hosts at ${port}`, made, () => made)] as const;
    });
    return new Map(ports.filter(([, made]) => made.length > 0));
  });
};
