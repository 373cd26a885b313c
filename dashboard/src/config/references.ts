/** Which objects an object names, and which name it. */
import { isKind, matchesSelector, type ObjectRef, ofKind, type Resource, refKey, refOf, serviceNameLabel } from '@weft/model';

export interface Reference {
  /** What names. */
  readonly from: ObjectRef;
  /** Its field. */
  readonly path: string;
  readonly to: ObjectRef;
  /** There is no such object. */
  readonly missing?: true;
}

type Named = Pick<Reference, 'path' | 'to' | 'missing'>;

const suffix = '.svc.cluster.local';

/** A host as Istio reads it: a short name is in the own namespace. */
const serviceOf = (host: string, namespace: string): ObjectRef => {
  const short = host.endsWith(suffix) ? host.slice(0, -suffix.length) : host.replace(/\.svc$/, '');
  const [name = host, of = namespace] = short.split('.');
  return { kind: 'Service', namespace: of, name };
};

const hostsOf =
  (all: readonly Resource[], namespace: string) =>
  (host: string, path: string): readonly Named[] => {
    if (host.includes('*')) return [];
    const entry = ofKind(all, 'ServiceEntry').find(({ spec }) => spec.hosts.includes(host));
    if (entry) return [{ path, to: refOf(entry) }];
    const to = serviceOf(host, namespace);
    const isThere = ofKind(all, 'Service').some((service) => refKey(refOf(service)) === refKey(to));
    // Other names are of the outside: nothing defines them.
    if (!isThere && host.includes('.') && !host.endsWith(suffix)) return [];
    return [{ path, to, ...(!isThere && { missing: true as const }) }];
  };

const exactly =
  (all: readonly Resource[]) =>
  (to: ObjectRef, path: string): Named => ({
    path,
    to,
    ...(!all.some((resource) => refKey(refOf(resource)) === refKey(to)) && { missing: true as const }),
  });

interface Selecting {
  readonly labels: Readonly<Record<string, string>>;
  readonly namespace: string;
  readonly path: string;
}

/** Empty labels select nothing here: whole namespaces are not listed one by one. */
const selected = (all: readonly Resource[], { labels, namespace, path }: Selecting): readonly Named[] =>
  Object.keys(labels).length === 0
    ? []
    : ofKind(all, 'Deployment')
        .filter(
          ({ metadata, spec }) =>
            metadata.namespace === namespace && matchesSelector({ matchLabels: labels }, spec.template.metadata?.labels ?? {}),
        )
        .map((deployment) => ({ path, to: refOf(deployment) }));

const ofVirtualService = (resource: Resource, all: readonly Resource[]): readonly Named[] => {
  if (!isKind(resource, 'VirtualService')) return [];
  const { spec, metadata } = resource;
  const host = hostsOf(all, metadata.namespace);
  const routes = (['http', 'tcp', 'tls'] as const).flatMap((protocol) =>
    (spec[protocol] ?? []).flatMap(({ route = [] }, at) =>
      route.flatMap(({ destination }, index) => host(destination.host, `spec.${protocol}[${at}].route[${index}].destination.host`)),
    ),
  );
  const others = (spec.http ?? []).flatMap(({ mirror, mirrors = [], delegate }, at) => [
    ...(mirror ? host(mirror.host, `spec.http[${at}].mirror.host`) : []),
    ...mirrors.flatMap(({ destination }, index) =>
      destination ? host(destination.host, `spec.http[${at}].mirrors[${index}].destination.host`) : [],
    ),
    ...(delegate?.name
      ? [
          exactly(all)(
            { kind: 'VirtualService', namespace: delegate.namespace ?? metadata.namespace, name: delegate.name },
            `spec.http[${at}].delegate`,
          ),
        ]
      : []),
  ]);
  const gateways = (spec.gateways ?? []).flatMap((gateway, at) => {
    if (gateway === 'mesh') return [];
    const [namespace = '', name = ''] = gateway.includes('/') ? gateway.split('/') : [metadata.namespace, gateway];
    return [exactly(all)({ kind: 'Gateway', namespace, name }, `spec.gateways[${at}]`)];
  });
  const hosts = (spec.hosts ?? []).flatMap((one, at) => host(one, `spec.hosts[${at}]`).filter(({ missing }) => !missing));
  return [...hosts, ...gateways, ...routes, ...others];
};

const ofWorkloads = (resource: Resource, all: readonly Resource[]): readonly Named[] => {
  const { namespace } = resource.metadata;
  if (isKind(resource, 'Service')) return selected(all, { labels: resource.spec.selector ?? {}, namespace, path: 'spec.selector' });
  if (isKind(resource, 'Deployment')) {
    const name = resource.spec.template.spec.serviceAccountName;
    return name ? [exactly(all)({ kind: 'ServiceAccount', namespace, name }, 'spec.template.spec.serviceAccountName')] : [];
  }
  if (isKind(resource, 'EndpointSlice')) {
    const name = resource.metadata.labels[serviceNameLabel];
    return name ? [exactly(all)({ kind: 'Service', namespace, name }, 'metadata.labels')] : [];
  }
  return [];
};

interface Selector {
  readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> } | Readonly<Record<string, string>>;
  readonly workloadSelector?: { readonly labels?: Readonly<Record<string, string>> };
}

const policies = new Set(['AuthorizationPolicy', 'PeerAuthentication', 'RequestAuthentication', 'Telemetry', 'ProxyConfig']);

const ofSelectors = (resource: Resource, all: readonly Resource[]): readonly Named[] => {
  const { selector, workloadSelector } = (resource.spec ?? {}) as Selector;
  const { namespace } = resource.metadata;
  if (isKind(resource, 'Gateway')) {
    // A Gateway selects in every namespace.
    const namespaces = [...new Set(all.map(({ metadata }) => metadata.namespace))];
    const labels = (selector ?? {}) as Readonly<Record<string, string>>;
    const secrets = (resource.spec.servers ?? []).flatMap(({ tls }, at) =>
      tls?.credentialName
        ? [exactly(all)({ kind: 'Secret', namespace, name: tls.credentialName }, `spec.servers[${at}].tls.credentialName`)]
        : [],
    );
    return [...namespaces.flatMap((one) => selected(all, { labels, namespace: one, path: 'spec.selector' })), ...secrets];
  }
  if (policies.has(resource.kind)) {
    const labels = (selector as { matchLabels?: Readonly<Record<string, string>> } | undefined)?.matchLabels ?? {};
    return selected(all, { labels, namespace, path: 'spec.selector' });
  }
  return workloadSelector ? selected(all, { labels: workloadSelector.labels ?? {}, namespace, path: 'spec.workloadSelector' }) : [];
};

const ofHosts = (resource: Resource, all: readonly Resource[]): readonly Named[] => {
  const { namespace } = resource.metadata;
  if (isKind(resource, 'DestinationRule')) return hostsOf(all, namespace)(resource.spec.host, 'spec.host');
  if (isKind(resource, 'ServiceLevelObjective')) return hostsOf(all, namespace)(resource.spec.subject.service, 'spec.subject.service');
  return [];
};

/** What an object names. */
export const namedBy = (resource: Resource, all: readonly Resource[]): readonly Reference[] =>
  [ofVirtualService, ofWorkloads, ofSelectors, ofHosts].flatMap((read) =>
    read(resource, all).map((named) => ({ from: refOf(resource), ...named })),
  );

/** What names an object. */
export const naming = (ref: ObjectRef, all: readonly Resource[]): readonly Reference[] =>
  all.flatMap((resource) => namedBy(resource, all)).filter(({ to }) => refKey(to) === refKey(ref));
