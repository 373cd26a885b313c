/** Names that manifests refer to: what the mesh has of them is offered where one is written. */
import { kinds, ofKind, type Resource } from '@weft/model';

export interface Names {
  readonly hosts: readonly string[];
  /** Of the host's DestinationRules. */
  readonly subsets: ReadonlyMap<string, readonly string[]>;
  readonly gateways: readonly string[];
  readonly namespaces: readonly string[];
}

const sorted = (names: Iterable<string>): readonly string[] => [...new Set(names)].sort();

export const namesIn = (resources: readonly Resource[]): Names => {
  const services = ofKind(resources, 'Service').map(({ metadata: { name, namespace } }) => `${name}.${namespace}.svc.cluster.local`);
  const entries = ofKind(resources, 'ServiceEntry').flatMap(({ spec }) => spec.hosts);
  const rules = ofKind(resources, 'DestinationRule').map(({ spec }) => [spec.host, (spec.subsets ?? []).map(({ name }) => name)] as const);
  const gateways = ofKind(resources, 'Gateway').map(({ metadata: { name, namespace } }) => `${namespace}/${name}`);
  return {
    hosts: sorted([...services, ...entries]),
    subsets: new Map(rules),
    gateways: ['mesh', ...sorted(gateways)],
    namespaces: sorted(ofKind(resources, 'Namespace').map(({ metadata }) => metadata.name)),
  };
};

const kindNames = sorted(kinds.filter(({ state }) => state === 'supported').map(({ kind }) => kind));

/** What the mesh has that may stand at a path. */
export const namesAt = ({ hosts, subsets, gateways, namespaces }: Names, path: readonly string[]): readonly string[] => {
  const last = path.at(-1);
  if (path.length === 1 && last === 'kind') return kindNames;
  if (last === 'host' || last === 'hosts') return hosts;
  if (last === 'subset') return sorted([...subsets.values()].flat());
  if (last === 'gateways') return gateways;
  return last === 'namespace' || last === 'namespaces' || last === 'exportTo' || last === 'sourceNamespace' ? namespaces : [];
};
