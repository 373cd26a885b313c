/** Mesh-wide settings: Istio's MeshConfig, with Istio's defaults where nothing is said. */
import { parseDuration } from '../duration.ts';
import { checkDurations } from '../istio/duration.ts';
import { type GatewayTopology, readTopology } from '../istio/gateway-topology.ts';
import { checkRetry } from '../istio/http-action.ts';
import { checkLocalitySetting, type LocalityLbSettings } from '../istio/load-balancer.ts';
import type { ProxySettings } from '../istio/proxy-annotation.ts';
import { checkVariables } from '../istio/proxy-config.ts';
import { type ConnectionPoolSettings, checkKeepalive } from '../istio/traffic-policy.ts';

import type { HttpRetry } from '../istio/virtual-service.ts';
import { isDnsLabel, isDnsSubdomain } from '../metadata.ts';
import type { Problem } from '../problem.ts';
import type { Metadata, Resource } from '../resource.ts';
import { checkExportTo, ineffective, invalid, isPort, portHelp } from '../rule.ts';
import { flawOfLogFormat } from '../text/log-format.ts';
import type { Json } from '../yaml/json.ts';
import { checkMeshAnnotations, readMeshAnnotations } from './annotations.ts';
import { checkProviders, type ExtensionProvider } from './authorizer.ts';
import { readConsoleAddress } from './console-address.ts';
import { type ConsoleLogin, readConsoleLogin } from './console-login.ts';
import { defaultRetention, readRetention, type TelemetryRetention } from './retention.ts';
import { builtInProviders, flawOfLabels, streams } from './telemetry-provider.ts';
import { readTelemetryTargets, type TelemetryTargets } from './telemetry-targets.ts';

type TcpKeepalive = NonNullable<NonNullable<ConnectionPoolSettings['tcp']>['tcpKeepalive']>;

/** Fields of `istio.mesh.v1alpha1.MeshConfig` that Weft reads, as written; `effective` says which of them count. */
export interface MeshConfigSpec {
  readonly rootNamespace?: string;
  readonly trustDomain?: string;
  readonly trustDomainAliases?: readonly string[];
  readonly connectTimeout?: string;
  readonly protocolDetectionTimeout?: string;
  readonly tcpKeepalive?: TcpKeepalive;
  readonly outboundTrafficPolicy?: { readonly mode?: 'ALLOW_ANY' | 'REGISTRY_ONLY' };
  readonly inboundTrafficPolicy?: { readonly mode?: 'PASSTHROUGH' | 'LOCALHOST' };
  readonly enableAutoMtls?: boolean;
  readonly pathNormalization?: { readonly normalization?: 'DEFAULT' | 'NONE' | 'BASE' | 'MERGE_SLASHES' | 'DECODE_AND_MERGE_SLASHES' };
  readonly defaultServiceExportTo?: readonly string[];
  readonly defaultVirtualServiceExportTo?: readonly string[];
  readonly defaultDestinationRuleExportTo?: readonly string[];
  readonly defaultHttpRetryPolicy?: HttpRetry;
  readonly localityLbSetting?: LocalityLbSettings;
  readonly dnsRefreshRate?: string;
  readonly h2UpgradePolicy?: 'DO_NOT_UPGRADE' | 'UPGRADE';
  readonly accessLogFile?: string;
  readonly accessLogFormat?: string;
  readonly accessLogEncoding?: 'TEXT' | 'JSON';
  readonly extensionProviders?: readonly ExtensionProvider[];
  readonly defaultProviders?: DefaultProviders;
  readonly enableTracing?: boolean;
  readonly proxyListenPort?: number;
  readonly proxyInboundListenPort?: number;
  readonly defaultConfig?: {
    readonly drainDuration?: string;
    readonly terminationDrainDuration?: string;
    readonly concurrency?: number;
    readonly proxyMetadata?: Readonly<Record<string, string>>;
    readonly statNameLength?: number;
    readonly holdApplicationUntilProxyStarts?: boolean;
    /** Not looked at by its schema. */
    readonly gatewayTopology?: unknown;
  };
}

/** Names of providers, of which objects of kind Telemetry may name others. */
export interface DefaultProviders {
  readonly tracing?: readonly string[];
  readonly metrics?: readonly string[];
  readonly accessLogging?: readonly string[];
}

/** Complete: every setting has a value. Durations are milliseconds. */
export interface MeshSettings {
  readonly rootNamespace: string;
  readonly trustDomain: string;
  readonly trustDomainAliases: readonly string[];
  readonly connectTimeout: number;
  /** 0: wait for the client's first bytes without limit. */
  readonly protocolDetectionTimeout: number;
  readonly tcpKeepalive?: { readonly probes?: number; readonly time?: number; readonly interval?: number };
  readonly outboundTrafficPolicy: 'ALLOW_ANY' | 'REGISTRY_ONLY';
  readonly inboundTrafficPolicy: 'PASSTHROUGH' | 'LOCALHOST';
  readonly enableAutoMtls: boolean;
  /** Absent: as each place has it [G20]. */
  readonly pathNormalization?: 'NONE' | 'BASE' | 'MERGE_SLASHES' | 'DECODE_AND_MERGE_SLASHES';
  /** As Istio where Weft is stricter; absent: stricter [G20]. */
  readonly compatibility?: 'istio';
  /** CIDR blocks of addresses inside, where keys of tokens may be fetched all the same. */
  readonly keyNetworks: readonly string[];
  /** The same, where people may be told of alerts. */
  readonly alertNetworks: readonly string[];
  readonly telemetryTargets: TelemetryTargets;
  readonly telemetryRetention: TelemetryRetention;
  /** Absent: only Weft itself vouches for people. */
  readonly consoleLogin?: ConsoleLogin;
  /** Absent: the console is reached at this machine's own addresses only. */
  readonly consoleAddress?: string;
  readonly defaultServiceExportTo: readonly string[];
  readonly defaultVirtualServiceExportTo: readonly string[];
  readonly defaultDestinationRuleExportTo: readonly string[];
  /** Absent: Istio's own default retries [S36]. */
  readonly defaultHttpRetryPolicy?: HttpRetry;
  /** As written; a rule's own replaces it wholly [S67]. */
  readonly localityLbSetting: LocalityLbSettings;
  readonly dnsRefreshRate: number;
  readonly h2UpgradePolicy: 'DO_NOT_UPGRADE' | 'UPGRADE';
  /** Empty: no access log. */
  readonly accessLogFile: string;
  readonly accessLogFormat: string;
  readonly accessLogEncoding: 'TEXT' | 'JSON';
  /** As written. */
  readonly extensionProviders: readonly ExtensionProvider[];
  /** Of what no Telemetry names others for; Istio's, and the mesh's own. */
  readonly defaultProviders: Required<DefaultProviders>;
  readonly proxyListenPort: number;
  readonly proxyInboundListenPort: number;
  readonly drainDuration: number;
  readonly terminationDrainDuration: number;
  readonly statNameLength: number;
  /** Of every proxy that no ProxyConfig speaks of. */
  readonly proxy: ProxySettings;
  /** Of every gateway whose pod says nothing of it. */
  readonly gatewayTopology?: GatewayTopology;
}

/** Istio's defaults (pkg/config/mesh/mesh.go, release 1.29). */
export const defaultMeshSettings: MeshSettings = {
  rootNamespace: 'istio-system',
  trustDomain: 'cluster.local',
  trustDomainAliases: [],
  connectTimeout: 10_000,
  protocolDetectionTimeout: 0,
  outboundTrafficPolicy: 'ALLOW_ANY',
  inboundTrafficPolicy: 'PASSTHROUGH',
  enableAutoMtls: true,
  keyNetworks: [],
  alertNetworks: [],
  telemetryTargets: { otlp: {}, networks: [] },
  telemetryRetention: defaultRetention,
  defaultServiceExportTo: ['*'],
  defaultVirtualServiceExportTo: ['*'],
  defaultDestinationRuleExportTo: ['*'],
  localityLbSetting: { enabled: true },
  dnsRefreshRate: 60_000,
  h2UpgradePolicy: 'DO_NOT_UPGRADE',
  accessLogFile: '',
  accessLogFormat: '',
  accessLogEncoding: 'TEXT',
  extensionProviders: [],
  defaultProviders: { tracing: [builtInProviders.own], metrics: [builtInProviders.metrics], accessLogging: [] },
  proxyListenPort: 15001,
  proxyInboundListenPort: 15006,
  drainDuration: 45_000,
  terminationDrainDuration: 5_000,
  statNameLength: 189,
  proxy: {},
};

const duration = (text: string | undefined, fallback: number): number =>
  text === undefined ? fallback : (parseDuration(text) ?? fallback);

const optionalDuration = <K extends string>(key: K, text: string | undefined): Partial<Record<K, number>> => {
  const ms = text === undefined ? undefined : parseDuration(text);
  return ms === undefined ? {} : ({ [key]: ms } as Partial<Record<K, number>>);
};

const proxyOf = ({ concurrency, proxyMetadata }: NonNullable<MeshConfigSpec['defaultConfig']>): ProxySettings => ({
  ...(concurrency !== undefined && { concurrency }),
  ...(proxyMetadata && { environment: proxyMetadata }),
});

/** What cannot be read is refused; the default stands in for it [S86]. */
const normalizations = ['NONE', 'BASE', 'MERGE_SLASHES', 'DECODE_AND_MERGE_SLASHES'] as const;

const normalizationOf = ({ pathNormalization }: MeshConfigSpec, compatibility: MeshSettings['compatibility']) => {
  const said =
    normalizations.find((known) => known === pathNormalization?.normalization) ?? (compatibility === 'istio' ? 'BASE' : undefined);
  return said && { pathNormalization: said };
};

/** A list that is written replaces the default one; `enableTracing: false` leaves nobody to trace for. */
const providersOf = ({ defaultProviders, enableTracing }: MeshConfigSpec): MeshSettings['defaultProviders'] => ({
  ...defaultMeshSettings.defaultProviders,
  ...(enableTracing === false && { tracing: [] }),
  ...defaultProviders,
});

const complete = (spec: MeshConfigSpec, annotations: Metadata['annotations']): MeshSettings => {
  const d = defaultMeshSettings;
  const { compatibility, keyNetworks, alertNetworks } = readMeshAnnotations(annotations);
  const consoleLogin = readConsoleLogin(annotations);
  const consoleAddress = readConsoleAddress(annotations);
  const keepalive = spec.tcpKeepalive;
  return {
    ...d,
    rootNamespace: spec.rootNamespace || d.rootNamespace,
    trustDomain: spec.trustDomain || d.trustDomain,
    trustDomainAliases: spec.trustDomainAliases ?? d.trustDomainAliases,
    connectTimeout: duration(spec.connectTimeout, d.connectTimeout),
    protocolDetectionTimeout: duration(spec.protocolDetectionTimeout, d.protocolDetectionTimeout),
    ...(keepalive && {
      tcpKeepalive: {
        ...(keepalive.probes !== undefined && { probes: keepalive.probes }),
        ...optionalDuration('time', keepalive.time),
        ...optionalDuration('interval', keepalive.interval),
      },
    }),
    outboundTrafficPolicy: spec.outboundTrafficPolicy?.mode ?? d.outboundTrafficPolicy,
    inboundTrafficPolicy: spec.inboundTrafficPolicy?.mode ?? d.inboundTrafficPolicy,
    enableAutoMtls: spec.enableAutoMtls ?? d.enableAutoMtls,
    ...normalizationOf(spec, compatibility),
    ...(compatibility && { compatibility }),
    keyNetworks,
    alertNetworks,
    telemetryTargets: readTelemetryTargets(annotations),
    telemetryRetention: readRetention(annotations),
    ...(consoleLogin && { consoleLogin }),
    ...(consoleAddress !== undefined && { consoleAddress }),
    defaultServiceExportTo: spec.defaultServiceExportTo ?? d.defaultServiceExportTo,
    defaultVirtualServiceExportTo: spec.defaultVirtualServiceExportTo ?? d.defaultVirtualServiceExportTo,
    defaultDestinationRuleExportTo: spec.defaultDestinationRuleExportTo ?? d.defaultDestinationRuleExportTo,
    ...(spec.defaultHttpRetryPolicy && { defaultHttpRetryPolicy: spec.defaultHttpRetryPolicy }),
    localityLbSetting: spec.localityLbSetting ?? d.localityLbSetting,
    dnsRefreshRate: duration(spec.dnsRefreshRate, d.dnsRefreshRate),
    h2UpgradePolicy: spec.h2UpgradePolicy ?? d.h2UpgradePolicy,
    accessLogFile: spec.accessLogFile ?? d.accessLogFile,
    accessLogFormat: spec.accessLogFormat ?? d.accessLogFormat,
    accessLogEncoding: spec.accessLogEncoding ?? d.accessLogEncoding,
    extensionProviders: spec.extensionProviders ?? d.extensionProviders,
    defaultProviders: providersOf(spec),
    proxyListenPort: spec.proxyListenPort || d.proxyListenPort,
    proxyInboundListenPort: spec.proxyInboundListenPort || d.proxyInboundListenPort,
    drainDuration: duration(spec.defaultConfig?.drainDuration, d.drainDuration),
    terminationDrainDuration: duration(spec.defaultConfig?.terminationDrainDuration, d.terminationDrainDuration),
    statNameLength: spec.defaultConfig?.statNameLength || d.statNameLength,
    proxy: proxyOf(spec.defaultConfig ?? {}),
    ...(spec.defaultConfig?.gatewayTopology !== undefined && {
      gatewayTopology: readTopology(spec.defaultConfig.gatewayTopology).topology,
    }),
  };
};

const memo = new WeakMap<object, MeshSettings>();

/** Oldest first, then by name: the order in which everything in the mesh wins [S17]. */
export const byAge = (a: Resource, b: Resource): number =>
  a.metadata.created - b.metadata.created ||
  (a.metadata.name < b.metadata.name ? -1 : a.metadata.name > b.metadata.name ? 1 : 0) ||
  (a.metadata.namespace < b.metadata.namespace ? -1 : a.metadata.namespace > b.metadata.namespace ? 1 : 0);

/** The settings in force: of several MeshConfigs the oldest. The same object gives the identical settings. */
export const meshSettings = (resources: readonly Resource[]): MeshSettings => {
  const [chosen] = resources.filter((resource) => resource.kind === 'MeshConfig').sort(byAge);
  if (!chosen) return defaultMeshSettings;
  const known = memo.get(chosen);
  if (known) return known;
  const settings = complete(chosen.spec as MeshConfigSpec, chosen.metadata.annotations);
  memo.set(chosen, settings);
  return settings;
};

/** All that takes effect; every other field of Istio's MeshConfig is told to have none. */
const effective = new Set<string>([
  ...[
    'rootNamespace',
    'trustDomain',
    'trustDomainAliases',
    'connectTimeout',
    'tcpKeepalive',
    'outboundTrafficPolicy',
    'enableAutoMtls',
    'pathNormalization',
    'defaultServiceExportTo',
    'defaultVirtualServiceExportTo',
    'defaultDestinationRuleExportTo',
  ],
  ...['defaultHttpRetryPolicy', 'localityLbSetting', 'h2UpgradePolicy', 'defaultConfig', 'extensionProviders', 'trustDomainAliases'],
  ...['defaultProviders', 'enableTracing', 'accessLogFile', 'accessLogFormat', 'accessLogEncoding'],
]);
/** Applications always start after their proxy is ready: `true` is what happens. */
const isEffectiveOfProxy = (field: string, value: unknown): boolean =>
  ['concurrency', 'proxyMetadata', 'gatewayTopology'].includes(field) || (field === 'holdApplicationUntilProxyStarts' && value === true);

function* checkTrust(spec: MeshConfigSpec): Iterable<Problem> {
  const domains = [
    ['trustDomain', spec.trustDomain] as const,
    ...(spec.trustDomainAliases ?? []).map((alias, index) => [`trustDomainAliases[${index}]`, alias] as const),
  ];
  for (const [field, domain] of domains) {
    if (domain && !isDnsSubdomain(domain))
      yield invalid(`spec.${field}`, `\`${domain.slice(0, 80)}\` is no trust domain`, 'Write a lower-case DNS name.');
  }
}

function* checkTopology(topology: unknown): Iterable<Problem> {
  const path = 'spec.defaultConfig.gatewayTopology';
  if (topology === undefined) return;
  for (const { field, message } of readTopology(topology).faults)
    yield ineffective(
      field === '' ? path : `${path}.${field}`,
      message,
      'Write `numTrustedProxies`, `forwardClientCertDetails` and `proxyProtocol`.',
    );
}

/** What cannot be read is left out: Istio's own format stands in for it. */
const flawOfMeshFormat = ({ accessLogFormat = '', accessLogEncoding }: MeshConfigSpec): string | undefined => {
  if (accessLogEncoding !== 'JSON') return flawOfLogFormat(accessLogFormat);
  try {
    const labels: unknown = JSON.parse(accessLogFormat || '{}');
    if (typeof labels !== 'object' || labels === null || Array.isArray(labels)) return 'it is no object of JSON';
    return flawOfLabels(labels as Readonly<Record<string, Json>>);
  } catch {
    return 'it is no JSON';
  }
};

function* checkLog(spec: MeshConfigSpec): Iterable<Problem> {
  const { accessLogFile } = spec;
  if (accessLogFile && !streams.some((stream) => stream === accessLogFile))
    yield ineffective(
      'spec.accessLogFile',
      'a proxy has no files that anybody could read',
      `Write \`${streams[0]}\` or \`${streams[1]}\`.`,
    );
  const flaw = flawOfMeshFormat(spec);
  if (flaw) yield { ...invalid('spec.accessLogFormat', flaw, 'Write Envoy’s format of access logs.'), part: true };
}

export function* checkMeshConfig(spec: MeshConfigSpec, { annotations }: Metadata): Iterable<Problem> {
  yield* checkMeshAnnotations(annotations);
  yield* checkTrust(spec);
  if (spec.rootNamespace && !isDnsLabel(spec.rootNamespace))
    yield invalid('spec.rootNamespace', `\`${spec.rootNamespace.slice(0, 80)}\` is no namespace`, 'Name a namespace.');
  yield* checkDurations(spec, 'spec', { fields: ['connectTimeout', 'protocolDetectionTimeout', 'dnsRefreshRate'], zero: true });
  for (const field of ['proxyListenPort', 'proxyInboundListenPort'] as const) {
    if (spec[field] && !isPort(spec[field])) yield invalid(`spec.${field}`, `${spec[field]} is no port`, portHelp);
  }
  yield* checkExportTo(spec.defaultServiceExportTo, 'spec.defaultServiceExportTo', { nobody: true });
  yield* checkExportTo(spec.defaultVirtualServiceExportTo, 'spec.defaultVirtualServiceExportTo', { nobody: false });
  yield* checkExportTo(spec.defaultDestinationRuleExportTo, 'spec.defaultDestinationRuleExportTo', { nobody: false });
  if (spec.tcpKeepalive) yield* checkKeepalive(spec.tcpKeepalive, 'spec.tcpKeepalive');
  // Rules bring the outlier detection.
  if (spec.localityLbSetting) yield* checkLocalitySetting(spec.localityLbSetting, 'spec.localityLbSetting', true);
  if (spec.defaultHttpRetryPolicy) yield* checkRetry(spec.defaultHttpRetryPolicy, 'spec.defaultHttpRetryPolicy');
  const mode: string | undefined = spec.outboundTrafficPolicy?.mode;
  if (mode === 'ALLOW_ANY_DYNAMIC_DNS')
    yield invalid('spec.outboundTrafficPolicy.mode', '`ALLOW_ANY_DYNAMIC_DNS` has no effect yet', 'Write ALLOW_ANY or REGISTRY_ONLY.');
  const normalization = spec.pathNormalization?.normalization;
  if (normalization !== undefined && normalization !== 'DEFAULT' && !normalizations.includes(normalization))
    yield invalid('spec.pathNormalization.normalization', 'no way of normalising paths', `Write one of ${normalizations.join(', ')}.`);
  for (const field of Object.keys(spec)) {
    if (!effective.has(field)) yield ineffective(`spec.${field}`, `\`${field}\` has no effect yet`, 'Remove it, or do not count on it.');
  }
  yield* checkLog(spec);
  yield* checkProviders(spec.extensionProviders, 'spec.extensionProviders');
  yield* checkVariables(spec.defaultConfig?.proxyMetadata ?? {}, 'spec.defaultConfig.proxyMetadata');
  yield* checkTopology(spec.defaultConfig?.gatewayTopology);
  for (const [field, value] of Object.entries(spec.defaultConfig ?? {})) {
    if (!isEffectiveOfProxy(field, value))
      yield ineffective(`spec.defaultConfig.${field}`, `\`${field}\` has no effect yet`, 'Remove it, or do not count on it.');
  }
}
