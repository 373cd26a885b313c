/** Objects → Mesh: everything that is the same for all proxies, and what the objects' owners should know. */
import { defaultMeshSettings, type Finding, type MeshSettings, type Resource } from '@weft/model';
import { check } from './checks/index.ts';
import { localityBalancingOf } from './istio/load-balancer.ts';
import type { FetchedKeys } from './istio/request-authentication.ts';
import { retryOf } from './istio/retry.ts';
import { type Assignments, allocate } from './kubernetes/allocate.ts';
import { trustOf } from './kubernetes/trust.ts';
import type { RunningPod } from './kubernetes/workload.ts';
import { type Memo, type Mesh, type Narrowed, nextMemo } from './mesh/index.ts';
import { authorizations } from './passes/authorizations.ts';
import { authorizers } from './passes/authorizers.ts';
import { credentials } from './passes/credentials.ts';
import { destinations } from './passes/destinations.ts';
import { endpoints } from './passes/endpoints.ts';
import { gateways } from './passes/gateways.ts';
import { type Input, inKinds, type Pass, type Withdrawal } from './passes/input.ts';
import { peers } from './passes/peers.ts';
import { requests } from './passes/requests.ts';
import { routings } from './passes/routings.ts';
import { services } from './passes/services.ts';
import { sidecars } from './passes/sidecars.ts';
import { telemetries } from './passes/telemetries.ts';
import { workloads } from './passes/workloads.ts';

export interface Snapshot {
  readonly resources: readonly Resource[];
  /** Running instances, from the registry. */
  readonly pods: readonly RunningPod[];
  readonly settings: MeshSettings;
  /** Virtual addresses given out so far (`allocate`); absent: allocated from nothing. */
  readonly assignments?: Assignments;
  /** Key sets that were fetched so far; absent: none, so that tokens of their issuers are refused. */
  readonly keys?: FetchedKeys;
  /** CUSTOM policies of before that some proxies may still go by; absent: none. */
  readonly withdrawn?: readonly Withdrawal[];
  /** Workloads whose streams are to end, since their policies became narrower; absent: none. */
  readonly narrowed?: ReadonlyMap<string, Narrowed>;
  /** The mesh before this one: what did not change keeps its identity. */
  readonly previous?: Mesh;
}

/** Each pass sees what those before it made. */
export const passes: readonly Pass[] = [
  peers, // decides whether an endpoint takes mTLS
  authorizations, // who may call
  requests, // whose tokens are believed
  workloads, // who is there
  services, // what is called what
  authorizers, // who is asked about requests
  endpoints, // which workloads stand behind which service
  destinations, // how services are called
  gateways, // where requests come in; VirtualServices name them
  credentials, // what gateways prove themselves with
  routings, // where requests go
  sidecars, // who knows of what
  telemetries, // what is told of traffic, and to whom
];

/** Only what differs from Istio's defaults, so that a mesh without settings has nothing to merge. */
const tcpDefaults = ({ connectTimeout, tcpKeepalive }: MeshSettings): Mesh['rules']['tcp'] => ({
  ...(connectTimeout !== defaultMeshSettings.connectTimeout && { connectTimeout }),
  ...(tcpKeepalive && { keepalive: tcpKeepalive }),
});

/** Only where the settings speak of them [S37]. */
const defaultRetries = ({ defaultHttpRetryPolicy }: MeshSettings): Pick<Mesh['rules'], 'retry'> =>
  defaultHttpRetryPolicy ? { retry: retryOf(defaultHttpRetryPolicy) ?? 'none' } : {};

const emptyMesh = ({ settings, narrowed = new Map() }: Snapshot, memo: Memo): Mesh => ({
  rules: memo('rules', [settings], () => ({
    rootNamespace: settings.rootNamespace,
    trustDomain: settings.trustDomain,
    outboundTrafficPolicy: settings.outboundTrafficPolicy,
    enableAutoMtls: settings.enableAutoMtls,
    ...defaultRetries(settings),
    ...(settings.pathNormalization && { paths: settings.pathNormalization }),
    ...(settings.compatibility && { compatibility: settings.compatibility }),
    ...(settings.trustDomainAliases.length > 0 && { aliases: settings.trustDomainAliases }),
    ...trustOf(settings.gatewayTopology),
    tcp: tcpDefaults(settings),
    locality: localityBalancingOf(settings.localityLbSetting),
    ...(settings.h2UpgradePolicy === 'UPGRADE' ? { h2Upgrade: true } : {}),
  })),
  workloads: new Map(),
  services: [],
  backends: new Map(),
  endpoints: new Map(),
  peers: [],
  authorizations: [],
  withdrawn: [],
  authorizers: [],
  requests: [],
  narrowed,
  destinations: [],
  routings: [],
  gateways: [],
  credentials: new Map(),
  sidecars: [],
  telemetries: [],
  telemetryDefaults: { providers: [], metrics: [], logging: [], tracing: [] },
  memo,
});

const noKeys: FetchedKeys = new Map();
const nothingWithdrawn: readonly Withdrawal[] = [];

const inputOf = (snapshot: Snapshot, memo: Memo): Input => {
  const of = inKinds(snapshot.resources, memo);
  const assignments =
    snapshot.assignments ??
    memo('assignments', [of('Service'), of('ServiceEntry')], () => allocate([...of('Service'), ...of('ServiceEntry')]));
  const { pods, settings, keys = noKeys, withdrawn = nothingWithdrawn } = snapshot;
  return { of, pods, settings, assignments, keys, withdrawn, memo };
};

export const build = (snapshot: Snapshot): { readonly mesh: Mesh; readonly findings: readonly Finding[] } => {
  const memo = nextMemo(snapshot.previous?.memo);
  const input = inputOf(snapshot, memo);
  let mesh = emptyMesh(snapshot, memo);
  for (const pass of passes) {
    const made = memo(pass.name, pass.reads(input, mesh), (inner) => pass.make({ ...input, memo: inner }, mesh));
    mesh = { ...mesh, ...made };
  }
  return { mesh, findings: check(input, mesh) };
};
