/** Which node of the map an end of an edge is: a workload is shown as the Service that it is behind, or as its version where that is expanded. */
import type { Callee, Caller, Edge } from '@weft/model';
import type { Places } from './places.ts';
import type { MapNode, NodeKind } from './scene.ts';
import type { NodeView } from './search.ts';

export type NodeKey = Pick<MapNode, 'id' | 'kind' | 'namespace' | 'name'> & { readonly workload?: string; readonly version?: string };

export interface Ends {
  caller(caller: Caller): NodeKey;
  /** The node that is called, and behind it, where it is expanded, the version that answers. */
  callee(callee: Callee): { readonly first: NodeKey; readonly version?: NodeKey };
  service(key: string): NodeKey;
  workload(key: string, version: string): NodeKey;
}

const keyOf = (kind: NodeKind, name: string, more: Partial<NodeKey> = {}): NodeKey => {
  const [namespace = '', short = ''] = kind === 'external' ? ['', name] : name.split('/');
  return { id: `${kind}:${name}`, kind, namespace, name: short, ...more };
};

export const outside: NodeKey = { id: 'outside', kind: 'outside', namespace: '', name: 'outside' };

/** Service of a workload: the one with its name, or the first. What is not there any more is known by who was answered by it. */
const homesOf = (places: Places, edges: readonly Pick<Edge, 'callee'>[]): ReadonlyMap<string, string> => {
  const seen = edges.flatMap(({ callee }) =>
    callee.kind === 'service' && callee.workload
      ? [[`${callee.workload.namespace}/${callee.workload.name}`, `${callee.namespace}/${callee.name}`] as const]
      : [],
  );
  const selected = [...places].flatMap(([workload, { services }]) => {
    const home = services.find((service) => service === workload) ?? [...services].sort()[0];
    return home ? [[workload, home] as const] : [];
  });
  return new Map([...seen, ...selected]);
};

export interface Told {
  readonly places: Places;
  readonly edges: readonly Pick<Edge, 'caller' | 'callee'>[];
  readonly isExpanded: (service: string) => boolean;
  readonly view: NodeView;
}

export const endsOf = ({ places, edges, isExpanded, view }: Told): Ends => {
  const isWide = (service: string): boolean => view === 'versions' || isExpanded(service);
  const homes = homesOf(places, edges);
  const gateways = new Map<string, string>();
  for (const [workload, { proxy, services }] of places)
    if (proxy === 'gateway') for (const service of services) gateways.set(service, workload);
  const service = (key: string): NodeKey => {
    const gateway = gateways.get(key);
    return gateway ? keyOf('gateway', gateway, { workload: gateway }) : keyOf('service', key);
  };
  const versionNode = (key: string, version: string): NodeKey => ({
    ...keyOf('version', key),
    id: `version:${key}@${version}`,
    workload: key,
    version,
  });
  const applicationOf = (key: string): string => `${key.split('/')[0]}/${places.get(key)?.application ?? key.split('/')[1]}`;
  const workload = (key: string, version: string): NodeKey => {
    if (places.get(key)?.proxy === 'gateway') return keyOf('gateway', key, { workload: key, version });
    if (view === 'workloads') return keyOf('workload', key, { workload: key, version });
    if (view === 'applications') return keyOf('application', applicationOf(key), { workload: key, version });
    const home = homes.get(key);
    if (home === undefined) return keyOf('workload', key, { workload: key, version });
    return isWide(home) ? versionNode(key, version) : { ...service(home), workload: key, version };
  };
  return {
    service,
    workload,
    caller: ({ kind, namespace, name, version }) => {
      if (kind === 'outside') return outside;
      const key = `${namespace}/${name}`;
      return kind === 'gateway' ? keyOf('gateway', key, { workload: key, version }) : workload(key, version);
    },
    callee: ({ kind, host, namespace, name, workload: behind }) => {
      if (kind === 'external') return { first: keyOf('external', host) };
      const key = `${namespace}/${name}`;
      const named = behind && `${behind.namespace}/${behind.name}`;
      if (named && (view === 'workloads' || view === 'applications')) return { first: workload(named, behind.version) };
      const first = { ...service(key), ...(named && { workload: named, version: behind.version }) };
      return named && isWide(key) && first.kind === 'service' ? { first, version: versionNode(named, behind.version) } : { first };
    },
  };
};
