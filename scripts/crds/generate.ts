/**
 * Writes `model/data/schemas.json`: the form of every kind that is read, from the Go modules that define it; and `model/data/words.json`:
 * what the fields of Istio's kinds mean.
 * Run `node scripts/crds/generate.ts` after changing a version; needs `go` and its module proxy (the hash is checked by Go).
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { ownSchemas } from './own.ts';
import { type Protos, readProto } from './proto.ts';
import { fromMessage, fromOpenApi, type Schema, shareParts } from './schema.ts';
import { wordsOf } from './words.ts';

interface Module {
  readonly module: string;
  readonly version: string;
  readonly sum: string;
  readonly license: string;
}

const download = (module: string, version: string): { readonly source: Module; readonly directory: string } => {
  const cwd = mkdtempSync(join(tmpdir(), 'weft-crds-'));
  try {
    const answer = JSON.parse(execFileSync('go', ['mod', 'download', '-json', `${module}@${version}`], { cwd, encoding: 'utf8' })) as {
      Dir: string;
      Sum: string;
    };
    return { source: { module, version, sum: answer.Sum, license: 'Apache-2.0' }, directory: answer.Dir };
  } finally {
    rmSync(cwd, { recursive: true });
  }
};

const istioKinds = [
  'VirtualService',
  'DestinationRule',
  'Gateway',
  'ServiceEntry',
  'WorkloadEntry',
  'Sidecar',
  'ProxyConfig',
  'PeerAuthentication',
  'AuthorizationPolicy',
  'RequestAuthentication',
  'Telemetry',
];

interface Crd {
  readonly spec: {
    readonly names: { readonly kind: string };
    readonly versions: readonly {
      readonly storage: boolean;
      readonly schema: { readonly openAPIV3Schema: { readonly properties: { readonly spec: Record<string, unknown> } } };
    }[];
  };
}

/** As Istio wrote it, with its prose. */
const istioSpecs = (directory: string): Record<string, Record<string, unknown>> => {
  const text = readFileSync(join(directory, 'kubernetes/customresourcedefinitions.gen.yaml'), 'utf8');
  const crds = parseAllDocuments(text).map((document) => document.toJS() as Crd | null);
  const specs: Record<string, Record<string, unknown>> = {};
  for (const kind of istioKinds) {
    const version = crds.find((crd) => crd?.spec.names.kind === kind)?.spec.versions.find((candidate) => candidate.storage);
    if (!version) throw new Error(`no CRD of ${kind}`);
    specs[kind] = version.schema.openAPIV3Schema.properties.spec;
  }
  return specs;
};

const eachOf = <A, B>(record: Readonly<Record<string, A>>, make: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, make(value)]));

const emptyProtos = (): Protos => ({ messages: new Map(), enums: new Map() });

/** Fields without any effect on one machine; their content is not looked at. */
const opaqueKubernetes = new Set(
  [
    ...[
      'volumes',
      'affinity',
      'tolerations',
      'topologySpreadConstraints',
      'securityContext',
      'ephemeralContainers',
      'dnsConfig',
      'readinessGates',
    ],
    ...[
      'resourceClaims',
      'schedulingGates',
      'hostAliases',
      'imagePullSecrets',
      'os',
      'overhead',
      'resources',
      'workloadRef',
      'schedulingGroup',
      'initContainers',
    ],
  ]
    .map((field) => `PodSpec.${field}`)
    .concat(
      ['volumeMounts', 'volumeDevices', 'resources', 'securityContext', 'lifecycle', 'resizePolicy', 'envFrom', 'restartPolicyRules'].map(
        (field) => `Container.${field}`,
      ),
    )
    .concat([
      'EnvVar.valueFrom',
      'DeploymentSpec.strategy',
      'PodTemplateSpec.metadata',
      'ServiceSpec.sessionAffinityConfig',
      'Endpoint.hints',
    ]),
);

const kubernetesSchemas = (api: string, machinery: string, defs: Record<string, Schema>): Record<string, Schema> => {
  const protos = emptyProtos();
  for (const file of ['core/v1', 'apps/v1', 'discovery/v1']) readProto(readFileSync(join(api, file, 'generated.proto'), 'utf8'), protos);
  readProto(readFileSync(join(machinery, 'pkg/apis/meta/v1/generated.proto'), 'utf8'), protos);
  const options = { protos, opaque: opaqueKubernetes, inline: new Set(['Probe.handler']), jsonName: (name: string) => name, defs };
  const ref = (message: string): Schema => ({ $ref: `#/$defs/${fromMessage(message, options)}` });
  /** Kinds without `spec`: the fields beside `metadata`. */
  const whole = (message: string, name: string): Schema => {
    fromMessage(message, { ...options, opaque: new Set([...opaqueKubernetes, `${name}.metadata`]) });
    const { metadata: _, ...properties } = defs[name]?.properties ?? {};
    delete defs[name];
    return { type: 'object', properties, additionalProperties: false };
  };
  return {
    Namespace: ref('k8s.io.api.core.v1.NamespaceSpec'),
    Pod: ref('k8s.io.api.core.v1.PodSpec'),
    Deployment: ref('k8s.io.api.apps.v1.DeploymentSpec'),
    Service: ref('k8s.io.api.core.v1.ServiceSpec'),
    ServiceAccount: whole('k8s.io.api.core.v1.ServiceAccount', 'ServiceAccount'),
    Secret: whole('k8s.io.api.core.v1.Secret', 'Secret'),
    EndpointSlice: whole('k8s.io.api.discovery.v1.EndpointSlice', 'EndpointSlice'),
  };
};

/** Parts of MeshConfig that have no effect yet; a finding names them, so their content does not matter. */
const opaqueMesh = new Set(
  ['configSources', 'caCertificates', 'certificates', 'serviceSettings', 'serviceScopeConfigs', 'ca']
    .concat([
      'discoverySelectors',
      'pathNormalization',
      'tlsDefaults',
      'meshMTLS',

      'zoneAwareLbSetting',
      'defaultTrafficPolicy',
    ])
    .map((field) => `MeshConfig.${field}`)
    .concat(['OutboundTrafficPolicy.tls'])
    .concat([
      ...['lightstep', 'stackdriver', 'opencensus', 'sds'].map((field) => `ExtensionProvider.${field}`),
      ...['OpenTelemetryTracingProvider.resourceDetectors', 'OpenTelemetryTracingProvider.dynatraceSampler'],
    ])
    .concat(
      [
        'tracing',
        'sds',
        'envoyAccessLogService',
        'envoyMetricsService',
        'gatewayTopology',
        'readinessProbe',
        'proxyStatsMatcher',
        'image',
        'privateKeyProvider',
        'proxyHeaders',
        'fileFlushInterval',
      ].map((field) => `ProxyConfig.${field}`),
    ),
);

const camelCase = (name: string): string => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

const meshSchema = (directory: string, defs: Record<string, Schema>): Schema => {
  const protos = emptyProtos();
  for (const folder of ['mesh/v1alpha1', 'networking/v1alpha3', 'networking/v1beta1', 'type/v1beta1']) {
    for (const file of readdirSync(join(directory, folder))) {
      if (file.endsWith('.proto')) readProto(readFileSync(join(directory, folder, file), 'utf8'), protos);
    }
  }
  const options = { protos, opaque: opaqueMesh, inline: new Set<string>(), jsonName: camelCase, defs };
  const schema = { $ref: `#/$defs/${fromMessage('istio.mesh.v1alpha1.MeshConfig', options)}` };
  // Two messages have this name: of a file's text and labels one may be set, which `model` checks, of OpenTelemetry's both.
  if (defs['LogFormat']) delete defs['LogFormat'].atMostOne;
  return schema;
};

const istio = download('istio.io/api', 'v1.31.1');
const kubernetes = download('k8s.io/api', 'v0.37.2');
const machinery = download('k8s.io/apimachinery', 'v0.37.2');
const $defs: Record<string, Schema> = {};
const specs = istioSpecs(istio.directory);
const kinds = {
  ...eachOf(specs, fromOpenApi),
  ...kubernetesSchemas(kubernetes.directory, machinery.directory, $defs),
  MeshConfig: meshSchema(istio.directory, $defs),
  ...ownSchemas,
};
const shared = shareParts(kinds, $defs);
const note = 'Generated by scripts/crds/generate.ts from the modules named here. Do not edit.';
const sources = [istio.source, kubernetes.source, machinery.source];
const target = new URL('../../model/data/schemas.json', import.meta.url);
const line = ([name, value]: [string, unknown]): string => `    ${JSON.stringify(name)}: ${JSON.stringify(value)}`;
const section = (schemas: Record<string, unknown>): string => `{\n${Object.entries(schemas).map(line).join(',\n')}\n  }`;
writeFileSync(
  target,
  `{\n  "note": ${JSON.stringify(note)},\n  "sources": ${JSON.stringify(sources)},\n  "$defs": ${section($defs)},\n  "kinds": ${section(shared)}\n}\n`,
);
writeFileSync(
  new URL('../../model/data/words.json', import.meta.url),
  `{\n  "note": ${JSON.stringify(note)},\n  "sources": ${JSON.stringify([istio.source])},\n  "kinds": ${section(eachOf(specs, (spec) => wordsOf(spec)))}\n}\n`,
);
