/** All kinds that Weft knows by name: one literal table, no self-registration. What is not here is an unknown kind. */
import type { Severity } from './finding.ts';

export interface Kind {
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly short: readonly string[];
  /** Empty for Kubernetes' core group. */
  readonly group: string;
  /** Every version has the same form; the first is the one written by Weft. */
  readonly versions: readonly string[];
  readonly namespaced: boolean;
  /**
   * `supported`: takes effect. `unsupported`: known, without effect so far; a finding says so.
   */
  readonly state: 'supported' | 'unsupported';
  /** It keeps somebody out: what cannot be taken of this kind is not left out beside the rest but stops all that came with it. */
  readonly protects?: true;
  /** Where the content stands: under `spec`, or beside `metadata` for kinds without one. */
  readonly body: 'spec' | 'whole';
  /** Of the finding for an unsupported kind: `error` where leaving it out changes who may talk to whom or what runs. */
  readonly severity?: Severity;
  /** What to do instead. */
  readonly help?: string;
}

type Row = readonly [kind: string, plural: string, short: string, options?: Partial<Kind>];

const group = (name: string, versions: string, rows: readonly Row[]): readonly Kind[] =>
  rows.map(([kind, plural, short, options]) => ({
    kind,
    plural,
    singular: kind.toLowerCase(),
    short: short.split(' ').filter(Boolean),
    group: name,
    versions: versions.split(' '),
    namespaced: true,
    state: 'supported',
    body: 'spec',
    ...options,
  }));

const guard = { protects: true } as const;
const later = { state: 'unsupported', severity: 'error' } as const;
/** Leaving these out changes nothing that Weft promises. */
const harmless = { state: 'unsupported', severity: 'warning' } as const;

export const kinds: readonly Kind[] = [
  ...group('', 'v1', [
    ['Namespace', 'namespaces', 'ns', { namespaced: false }],
    ['Pod', 'pods', 'po'],
    ['Service', 'services', 'svc'],
    ['ServiceAccount', 'serviceaccounts', 'sa', { body: 'whole' }],
    [
      'ConfigMap',
      'configmaps',
      'cm',
      {
        ...harmless,
        body: 'whole',
        help: 'Give containers their settings by `env`; only the ConfigMap `istio` of the root namespace is read.',
      },
    ],
    ['Secret', 'secrets', '', { body: 'whole' }],
    ['Endpoints', 'endpoints', 'ep', { ...later, body: 'whole', help: 'Write an EndpointSlice instead.' }],
    ['Node', 'nodes', 'no', { ...harmless, namespaced: false }],
    ['PersistentVolume', 'persistentvolumes', 'pv', { ...harmless, namespaced: false }],
    ['PersistentVolumeClaim', 'persistentvolumeclaims', 'pvc', harmless],
    ['ReplicationController', 'replicationcontrollers', 'rc', { ...later, help: 'Write a Deployment instead.' }],
    ['ResourceQuota', 'resourcequotas', 'quota', harmless],
    ['LimitRange', 'limitranges', 'limits', harmless],
  ]),
  ...group('apps', 'v1', [
    ['Deployment', 'deployments', 'deploy'],
    ['StatefulSet', 'statefulsets', 'sts', { ...later, help: 'Write a Deployment instead.' }],
    ['DaemonSet', 'daemonsets', 'ds', { ...later, help: 'Write a Deployment instead.' }],
    ['ReplicaSet', 'replicasets', 'rs', { ...later, help: 'Write a Deployment instead.' }],
  ]),
  ...group('batch', 'v1', [
    ['Job', 'jobs', '', later],
    ['CronJob', 'cronjobs', 'cj', later],
  ]),
  ...group('discovery.k8s.io', 'v1', [['EndpointSlice', 'endpointslices', '', { body: 'whole' }]]),
  ...group('networking.k8s.io', 'v1', [
    ['Ingress', 'ingresses', 'ing', { ...later, help: 'Write a Gateway and a VirtualService instead.' }],
    ['IngressClass', 'ingressclasses', '', { ...harmless, namespaced: false }],
    ['NetworkPolicy', 'networkpolicies', 'netpol', { ...later, help: 'Nothing enforces it locally; remove it here.' }],
  ]),
  ...group('autoscaling', 'v2 v1', [['HorizontalPodAutoscaler', 'horizontalpodautoscalers', 'hpa', harmless]]),
  ...group('policy', 'v1', [['PodDisruptionBudget', 'poddisruptionbudgets', 'pdb', harmless]]),
  ...group('rbac.authorization.k8s.io', 'v1', [
    ['Role', 'roles', '', { ...harmless, body: 'whole' }],
    ['RoleBinding', 'rolebindings', '', { ...harmless, body: 'whole' }],
    ['ClusterRole', 'clusterroles', '', { ...harmless, body: 'whole', namespaced: false }],
    ['ClusterRoleBinding', 'clusterrolebindings', '', { ...harmless, body: 'whole', namespaced: false }],
  ]),
  ...group('apiextensions.k8s.io', 'v1', [
    ['CustomResourceDefinition', 'customresourcedefinitions', 'crd', { ...harmless, namespaced: false }],
  ]),
  ...group('networking.istio.io', 'v1 v1beta1 v1alpha3', [
    ['VirtualService', 'virtualservices', 'vs'],
    ['DestinationRule', 'destinationrules', 'dr'],
    ['Gateway', 'gateways', 'gw'],
    ['ServiceEntry', 'serviceentries', 'se'],
    ['WorkloadEntry', 'workloadentries', 'we'],
    ['WorkloadGroup', 'workloadgroups', 'wg', { ...later, help: 'Write WorkloadEntries instead.' }],
    ['Sidecar', 'sidecars', ''],
  ]),
  ...group('networking.istio.io', 'v1alpha3', [
    ['EnvoyFilter', 'envoyfilters', '', { ...later, help: 'Remove it: raw patches are not applied.' }],
  ]),
  ...group('networking.istio.io', 'v1beta1', [['ProxyConfig', 'proxyconfigs', '']]),
  ...group('security.istio.io', 'v1 v1beta1', [
    ['PeerAuthentication', 'peerauthentications', 'pa', guard],
    ['AuthorizationPolicy', 'authorizationpolicies', 'ap', guard],
    ['RequestAuthentication', 'requestauthentications', 'ra', guard],
  ]),
  ...group('telemetry.istio.io', 'v1 v1alpha1', [['Telemetry', 'telemetries', 'telemetry']]),
  ...group('extensions.istio.io', 'v1alpha1', [
    ['WasmPlugin', 'wasmplugins', '', later],
    ['TrafficExtension', 'trafficextensions', '', later],
  ]),
  ...group('install.istio.io', 'v1alpha1', [
    ['IstioOperator', 'istiooperators', 'iop', { ...later, help: 'Write the fields of `spec.meshConfig` into a MeshConfig.' }],
  ]),
  ...group('gateway.networking.k8s.io', 'v1 v1beta1 v1alpha3 v1alpha2', [
    ['GatewayClass', 'gatewayclasses', 'gc', { ...later, namespaced: false }],
    ['Gateway', 'gateways', 'gtw', { ...later, help: 'Write an Istio Gateway (networking.istio.io/v1) instead.' }],
    ['HTTPRoute', 'httproutes', '', { ...later, help: 'Write a VirtualService instead.' }],
    ['GRPCRoute', 'grpcroutes', '', { ...later, help: 'Write a VirtualService instead.' }],
    ['TLSRoute', 'tlsroutes', '', later],
    ['TCPRoute', 'tcproutes', '', later],
    ['UDPRoute', 'udproutes', '', later],
    ['ListenerSet', 'listenersets', '', later],
    ['ReferenceGrant', 'referencegrants', 'refgrant', later],
    ['BackendTLSPolicy', 'backendtlspolicies', 'btlspolicy', later],
  ]),
  ...group('mesh.weft.dev', 'v1alpha1', [
    ['MeshConfig', 'meshconfigs', '', { namespaced: false }],
    ['ServiceLevelObjective', 'servicelevelobjectives', 'slo'],
    ['AlertRule', 'alertrules', ''],
    ['AlertRoute', 'alertroutes', ''],
    ['Saturation', 'saturations', ''],
  ]),
];

const byType = new Map(kinds.map((kind) => [`${kind.group}/${kind.kind}`, kind]));

/** By what an object says of itself. */
export const kindOf = (group: string, kind: string): Kind | undefined => byType.get(`${group}/${kind}`);

/** `apps/v1` → group `apps`, version `v1`; `v1` → the core group. */
export const groupVersion = (apiVersion: string): { readonly group: string; readonly version: string } => {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? { group: '', version: apiVersion } : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
};

const spellings = new Map<string, Kind>();
for (const kind of kinds) {
  const names = [kind.singular, kind.plural, ...kind.short];
  // The first of two kinds with one name wins, as in kubectl; the full spelling finds the other.
  for (const name of [...names, ...names.map((name) => `${name}.${kind.group}`)]) {
    if (!spellings.has(name)) spellings.set(name, kind);
  }
}

/** By what a person types: `vs`, `VirtualService`, `virtualservices`, `virtualservices.networking.istio.io`. */
export const findKind = (spelling: string): Kind | undefined => spellings.get(spelling.toLowerCase());
