/** What checks look things up in; made once for a mesh. */
import {
  type DeploymentSpec,
  type DestinationRuleSpec,
  type ObjectRef,
  type PeerAuthenticationSpec,
  type Problem,
  type Resource,
  refOf,
  type ServiceEntrySpec,
  type Specs,
  type SupportedKind,
  type VirtualServiceSpec,
} from '@weft/model';
import { delegateKeys, isDelegate } from '../istio/delegate.ts';
import type { Delegates } from '../istio/delegation.ts';
import { type WorkloadIndex, workloadIndex } from '../kubernetes/selector.ts';
import {
  type Backend,
  clusterDomain,
  type DestinationRule,
  expandHost,
  type Gateway,
  type HostIndex,
  hostIndex,
  type Labels,
  type Mesh,
  type Routing,
  type Service,
} from '../mesh/index.ts';
import { groupedRules } from '../passes/destinations.ts';
import { type Input, nameOf } from '../passes/input.ts';
import { delegatesOf } from '../passes/routings.ts';
import { contested } from './claims.ts';

/** A workload that objects ask for, whether or not it runs: what selectors are checked against, so that starting up is no mistake. */
export interface Wanted {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Labels;
  /** Its ports by name. */
  readonly ports: Readonly<Record<string, number>>;
  /** Of what is written down, and does not run here. */
  readonly address?: string;
}

export interface Facts {
  readonly mesh: Mesh;
  /** All services of a host name, in the order of precedence. */
  servicesAt(host: string): readonly Service[];
  readonly services: HostIndex<Service>;
  /** ExternalNames of services of the mesh: each is another name of one, and no service. */
  readonly aliases: ReadonlySet<Service>;
  readonly wanted: WorkloadIndex<Wanted>;
  readonly everyWanted: readonly Wanted[];
  readonly gateways: ReadonlyMap<string, Gateway>;
  /** Rules that are merged with this one and come before it. */
  olderRules(rule: Resource<DestinationRuleSpec>): readonly Resource<DestinationRuleSpec>[];
  /** The PeerAuthentication before this one that is for its whole namespace too. */
  olderForNamespace(policy: Resource<PeerAuthenticationSpec>): Resource<PeerAuthenticationSpec> | undefined;
  /** Namespaces that have a Namespace object, a workload or a service; and the root namespace. */
  readonly namespaces: ReadonlySet<string>;
  /** What is behind the services of a namespace, in the order of precedence. */
  backendsIn(namespace: string): readonly Backend[];
  /** The object that a service was made of, by service key. */
  readonly owners: ReadonlyMap<string, ObjectRef>;
  /** The oldest ServiceEntry of a service key. */
  entryAt(key: string): Resource<ServiceEntrySpec> | undefined;
  /** Services that claim `address:port` (`claims.ts`), in the order of precedence; only where several do. */
  readonly claims: ReadonlyMap<string, readonly Service[]>;
  /** DestinationRules whose host covers the name. */
  rulesFor(host: string): readonly DestinationRule[];
  /** VirtualServices by name, for routes that are given away. */
  readonly delegates: Delegates;
  /** VirtualServices that wait for routes of others. */
  readonly leaves: readonly Resource<VirtualServiceSpec>[];
  /** VirtualServices that give routes away. */
  readonly roots: readonly Resource<VirtualServiceSpec>[];
  /** Routings that name exactly this host, oldest first. */
  routingsAt(host: string): readonly Routing[];
}

/**
 * A check of all objects of one kind. `depends` names what it looks at beside the object: while that and the object are the same,
 * so are the problems.
 */
export interface ObjectCheck<K extends SupportedKind = SupportedKind> {
  readonly kind: K;
  /** What tells it from another check of the kind; absent: the kind. */
  readonly about?: string;
  /** Parts of the mesh that `depends` looks into: while none of them changed, no object needs to be asked. */
  readonly reads: readonly (keyof Mesh)[];
  /** The same of parts of the facts. */
  beside?(facts: Facts): readonly unknown[];
  /**
   * Full names by which alone `depends` looks up services, endpoints, rules and routings: of those that changed, others make no
   * difference to the object. `undefined`: it looks at more.
   */
  hosts?(resource: Resource<Specs[K]>): readonly string[] | undefined;
  depends(resource: Resource<Specs[K]>, facts: Facts): readonly unknown[];
  problems(resource: Resource<Specs[K]>, facts: Facts): readonly Problem[];
}

/** The object that a part of the mesh with the key `namespace/name` was made of. */
export const objectAt = (kind: SupportedKind, key: string): ObjectRef => {
  const [namespace = '', name = ''] = key.split('/', 2);
  return { kind, namespace, name };
};

const namedPorts = (containers: DeploymentSpec['template']['spec']['containers']): Wanted['ports'] =>
  Object.fromEntries(
    containers.flatMap(({ ports = [] }) => ports.flatMap(({ name, containerPort }) => (name ? [[name, containerPort] as const] : []))),
  );

const ofDeployments = ({ of }: Input): readonly Wanted[] =>
  of('Deployment').map(({ metadata, spec: { template } }) => ({
    namespace: metadata.namespace,
    name: metadata.name,
    labels: template.metadata?.labels ?? {},
    ports: namedPorts(template.spec.containers),
  }));

const ofPods = ({ of }: Input): readonly Wanted[] =>
  of('Pod').map(({ metadata, spec }) => ({
    namespace: metadata.namespace,
    name: metadata.name,
    labels: metadata.labels,
    ports: namedPorts(spec.containers),
  }));

const ofEntries = ({ of }: Input): readonly Wanted[] =>
  of('WorkloadEntry').map(({ metadata, spec }) => ({
    namespace: metadata.namespace,
    name: metadata.name,
    labels: { ...metadata.labels, ...spec.labels },
    ports: spec.ports ?? {},
    ...(spec.address && { address: spec.address }),
  }));

const wantedOf = (input: Input): readonly Wanted[] =>
  input.memo('wanted', [input.of('Deployment'), input.of('Pod'), input.of('WorkloadEntry')], () => [
    ...ofDeployments(input),
    ...ofPods(input),
    ...ofEntries(input),
  ]);

/** By name, and only of rules that have rivals: usually none. */
const olderRulesOf = (input: Input): ReadonlyMap<string, readonly Resource<DestinationRuleSpec>[]> => {
  const rivals = [...groupedRules(input).rivals.values()];
  return new Map(rivals.flatMap((rules) => rules.map((rule, i) => [nameOf(rule), rules.slice(0, i)] as const)));
};

const forNamespaces = ({ of }: Input): ReadonlyMap<string, readonly Resource<PeerAuthenticationSpec>[]> =>
  Map.groupBy(
    of('PeerAuthentication').filter(({ spec }) => Object.keys(spec.selector?.matchLabels ?? {}).length === 0),
    ({ metadata }) => metadata.namespace,
  );

const ownersOf = ({ of }: Input): ReadonlyMap<string, ObjectRef> => {
  const owners = new Map<string, ObjectRef>();
  const add = (key: string, owner: ObjectRef) => {
    if (!owners.has(key)) owners.set(key, owner);
  };
  for (const service of of('Service')) {
    const { namespace, name } = service.metadata;
    add(`${namespace}/${name}.${namespace}.svc.${clusterDomain}`, refOf(service));
  }
  for (const entry of of('ServiceEntry')) {
    for (const host of entry.spec.hosts) add(`${entry.metadata.namespace}/${host.toLowerCase()}`, refOf(entry));
  }
  return owners;
};

const oldestEntries = ({ of }: Input): ReadonlyMap<string, Resource<ServiceEntrySpec>> => {
  const keyed = of('ServiceEntry').flatMap((entry) =>
    entry.spec.hosts.map((host) => [`${entry.metadata.namespace}/${host.toLowerCase()}`, entry] as const),
  );
  return new Map(keyed.reverse());
};

const namespacesOf = ({ of }: Input, everyWanted: readonly Wanted[], { services, rules }: Mesh): ReadonlySet<string> =>
  new Set([
    rules.rootNamespace,
    ...of('Namespace').map(({ metadata }) => metadata.name),
    ...[...everyWanted, ...services].map(({ namespace }) => namespace),
  ]);

const noRules: readonly Resource<DestinationRuleSpec>[] = [];
const noBackends: readonly Backend[] = [];
const noServices: readonly Service[] = [];
const noRoutings: readonly Routing[] = [];

export const factsOf = (input: Input, mesh: Mesh): Facts => {
  const { memo } = mesh;
  const everyWanted = wantedOf(input);
  const byHost = memo('all services by host', [mesh.services], () => Map.groupBy(mesh.services, ({ hostname }) => hostname));
  const services = memo('first service by host', [mesh.services], () =>
    hostIndex(mesh.services.map((service) => [service.hostname, service] as const)),
  );
  const rules = memo('all rules by host', [mesh.destinations], () => hostIndex(Map.groupBy(mesh.destinations, ({ host }) => host)));
  const older = memo('rules with rivals', [input.of('DestinationRule'), mesh.destinations], () => olderRulesOf(input));
  const policies = forNamespaces(input);
  const namespaces = memo('backends by namespace', [mesh.backends], (inner) => {
    const lists = Map.groupBy([...mesh.backends.values()], ({ service }) => service.namespace);
    return new Map([...lists].map(([namespace, list]) => [namespace, inner(namespace, list, () => list)]));
  });
  const pairs = () => mesh.routings.flatMap((routing) => routing.hosts.map((host) => ({ host, routing })));
  const routings = memo('all routings by host', [mesh.routings], () => Map.groupBy(pairs(), ({ host }) => host));
  const virtualServices = input.of('VirtualService');
  const entries = memo('oldest entries', [input.of('ServiceEntry')], () => oldestEntries(input));
  return {
    mesh,
    servicesAt: (host) => byHost.get(host) ?? noServices,
    services,
    aliases: memo(
      'names of services',
      [mesh.services],
      () => new Set(mesh.services.filter(({ target }) => target !== undefined && byHost.has(target))),
    ),
    everyWanted,
    wanted: memo('wanted by label', [everyWanted], () => workloadIndex(everyWanted)),
    namespaces: memo('namespaces', [input.of('Namespace'), everyWanted, mesh.services, mesh.rules.rootNamespace], () =>
      namespacesOf(input, everyWanted, mesh),
    ),
    gateways: memo('gateways by name', [mesh.gateways], () => new Map(mesh.gateways.map((gateway) => [gateway.key, gateway]))),
    olderRules: (rule) => older.get(nameOf(rule)) ?? noRules,
    olderForNamespace: (policy) => {
      const [oldest] = policies.get(policy.metadata.namespace) ?? [];
      return oldest === policy ? undefined : oldest;
    },
    backendsIn: (namespace) => namespaces.get(namespace) ?? noBackends,
    owners: memo('owners', [mesh.backends, input.of('ServiceEntry')], () => ownersOf(input)),
    entryAt: (key) => entries.get(key),
    claims: memo('contested addresses', [mesh.services], () => contested(mesh.services)),
    rulesFor: (host) => rules.all(expandHost(host, '')).flat(),
    delegates: delegatesOf(input),
    leaves: memo('leaves of delegates', [virtualServices], () => virtualServices.filter(isDelegate)),
    roots: memo('roots of delegates', [virtualServices], () => virtualServices.filter((one) => delegateKeys(one).length > 0)),
    routingsAt: (host) => routings.get(host)?.map(({ routing }) => routing) ?? noRoutings,
  };
};
