/** Counts by place and by cluster, told by the rules that stand there now. */
import {
  type ConnectionUse,
  type DestinationSettings,
  isClusterOf,
  ofKind,
  type Resource,
  type RouteUse,
  type RuleUse,
  type TrafficUse,
  type VirtualServiceSpec,
} from '@weft/model';
import type { Use } from '@weft/signals';

const sum = (uses: readonly Use[], of: 'count' | 'failed' | 'received' | 'sent'): number => uses.reduce((all, use) => all + use[of], 0);

const objectOf = ({ metadata }: Resource): string => `${metadata.namespace}/${metadata.name}`;

const share = (part: number, all: number): { readonly share?: number } => (all > 0 ? { share: part / all } : {});

/** Who has a name is known by it wherever it stands; others by their place. Envoy has the match's name behind the rule's [S24]. */
const isOfRoute = ({ place, route }: Use, name: string, path: string): boolean => {
  const [own] = route.split('.', 1);
  return name === '' ? place === path && own === '' : route === name || route.startsWith(`${name}.`);
};

const clustersOf = (uses: readonly Use[]): readonly (readonly [string, readonly Use[]])[] =>
  [...Map.groupBy(uses, ({ cluster }) => cluster)].toSorted(([, a], [, b]) => sum(b, 'count') - sum(a, 'count'));

const routesOf = (service: Resource<VirtualServiceSpec>, uses: readonly Use[]): readonly RouteUse[] => {
  const { metadata, spec } = service;
  const routes = (spec.http ?? []).map(({ name = '' }, index) => {
    const path = `spec.http[${index}]`;
    return { path, route: name, own: uses.filter((use) => isOfRoute(use, name, path)) };
  });
  const all = routes.reduce((total, { own }) => total + sum(own, 'count'), 0);
  return routes.map(({ own, ...route }) => {
    const requests = sum(own, 'count');
    return {
      ...{ kind: 'VirtualService', namespace: metadata.namespace, name: metadata.name, ...route, hosts: spec.hosts ?? [] },
      ...{ requests, failed: sum(own, 'failed'), ...share(requests, all) },
      destinations: clustersOf(own).map(([cluster, same]) => {
        const count = sum(same, 'count');
        return { cluster, requests: count, failed: sum(same, 'failed'), share: count / requests };
      }),
    };
  });
};

interface ConnectionRule {
  readonly service: Resource<VirtualServiceSpec>;
  readonly path: string;
  readonly destinations: readonly DestinationSettings[];
}

const connectionRules = (services: readonly Resource<VirtualServiceSpec>[]): readonly ConnectionRule[] =>
  services.flatMap((service) =>
    (['tls', 'tcp'] as const).flatMap((protocol) =>
      (service.spec[protocol] ?? []).map(({ route = [] }, index) => ({
        ...{ service, path: `spec.${protocol}[${index}]` },
        destinations: route.map(({ destination }) => destination),
      })),
    ),
  );

const sendsTo = ({ service, destinations }: ConnectionRule, cluster: string): boolean =>
  destinations.some((destination) => isClusterOf(cluster, destination, service.metadata.namespace));

const connectionsOf = (rule: ConnectionRule, rules: readonly ConnectionRule[], uses: readonly Use[]): ConnectionUse => {
  const { metadata, spec } = rule.service;
  const own = uses.filter(({ cluster }) => sendsTo(rule, cluster));
  const connections = sum(own, 'count');
  const others = rules.filter((other) => other !== rule && own.some(({ cluster }) => sendsTo(other, cluster)));
  return {
    ...{ kind: 'VirtualService', namespace: metadata.namespace, name: metadata.name, path: rule.path, hosts: spec.hosts ?? [] },
    ...{ connections, failed: sum(own, 'failed'), received: sum(own, 'received'), sent: sum(own, 'sent') },
    together: others.map(({ service, path }) => `${objectOf(service)} ${path}`),
    destinations: clustersOf(own).map(([cluster, same]) => {
      const count = sum(same, 'count');
      return { cluster, connections: count, received: sum(same, 'received'), sent: sum(same, 'sent'), share: count / connections };
    }),
  };
};

const rulesIn = (resources: readonly Resource[], uses: readonly Use[]): readonly RuleUse[] => {
  const counts = new Map(uses.map(({ object, place, count }) => [`${object} ${place}`, count]));
  const all = sum(uses, 'count');
  return ofKind(resources, 'AuthorizationPolicy').flatMap((policy) =>
    (policy.spec.rules ?? []).map((_, rule): RuleUse => {
      const matched = counts.get(`${objectOf(policy)} ${rule}`) ?? 0;
      const { namespace, name } = policy.metadata;
      return { kind: 'AuthorizationPolicy', namespace, name, rule, action: policy.spec.action ?? 'ALLOW', matched, ...share(matched, all) };
    }),
  );
};

export const usedIn = (
  resources: readonly Resource[],
  uses: readonly Use[],
  namespace?: string,
): Pick<TrafficUse, 'routes' | 'connections' | 'rules'> => {
  const ofSort = (sort: Use['kind']): readonly Use[] => uses.filter(({ kind }) => kind === sort);
  const services = ofKind(resources, 'VirtualService');
  const isAsked = ({ metadata }: Resource): boolean => namespace === undefined || metadata.namespace === namespace;
  const byObject = Map.groupBy(ofSort('request'), ({ object }) => object);
  const rules = connectionRules(services);
  const connections = ofSort('connection');
  return {
    routes: services.filter(isAsked).flatMap((service) => routesOf(service, byObject.get(objectOf(service)) ?? [])),
    connections: rules.filter(({ service }) => isAsked(service)).map((rule) => connectionsOf(rule, rules, connections)),
    rules: rulesIn(resources.filter(isAsked), ofSort('policy')),
  };
};
