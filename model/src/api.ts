/**
 * Shapes of weftd's HTTP API, served on a Unix socket (0600, the admin's) and on loopback TCP
 * (bearer token). Every path starts with `/api/v1`. Errors are `ApiError` with an HTTP status of 4xx or 5xx.
 *
 * GET    /status                                   Status
 * GET    /openapi.json                              OpenAPI 3.1, with each route's role
 * GET    /session                                  SessionStatus                    401 NoSession: how one logs in
 * POST   /login            LoginRequest            SessionStatus                    and a cookie
 * GET    /login/oidc?next=                         303 to the provider, which leads back to /login/oidc/callback
 * POST   /logout                                   {}                               a browser's session
 * POST   /login/links      LoginLinkRequest        LoginLink                        for one login of a browser
 * GET    /access/tokens                            { items: TokenStatus[] }
 * POST   /access/tokens    TokenCreation           NewToken
 * DELETE /access/tokens/:name                      {}
 * GET    /audit?from=&to=&user=&action=&result=&about=&before=&limit=   { items: AuditEntry[] }   AuditSearch
 * GET    /audit/:id                                AuditDetails
 * GET    /resources?namespace=                     { items: StoredObject[] }        of all kinds
 * GET    /resources/:kind?namespace=&programmed=   { items: StoredObject[] }        kind: any spelling of `kinds.ts`
 * GET    /resources/:kind/:namespace/:name         StoredObject                     namespace `-` for cluster-wide kinds
 * POST   /apply            ApplyRequest            ApplyResult                      422 when anything was refused
 * POST   /delete           DeleteRequest           ApplyResult
 * GET    /resources/…?revision=                    as above, as that revision left them
 * POST   /preview          PreviewRequest          Preview                          what a change would do; changes nothing
 * GET    /traffic?from=&to=&namespace=              TrafficUse
 * GET    /access-matrix?from=&to=&namespace=       AccessMatrix
 * GET    /certificates                             Certificates
 * GET    /changes?from=&to=&namespace=&service=&limit=   MeshChanges
 * GET    /history?from=&to=&kind=&namespace=&name=&before=&limit=   History
 * GET    /history/:revision                        RevisionDetails
 * GET    /diff?from=&to=                           RevisionDifference
 * POST   /undo             UndoRequest             UndoResult                       409: changed again, or a file's
 * GET    /findings                                 { items: Finding[] }
 * GET    /schemas/:kind                            KindSchema                       form, and what fields mean
 * GET    /proxies                                  { items: ProxyStatus[] }
 * GET    /proxies/:namespace/:name/config?live=    ProxyConfig                      secrets carry no key bytes
 * GET    /proxies/:namespace/:name/log-level      ProxyLogLevel                    how much its Envoy logs
 * POST   /proxies/:namespace/:name/log-level      { level }    ProxyLogLevel        until it is started again
 * GET    /proxies/:namespace/:name/metrics         Prometheus text                  one proxy's, all of it
 * GET    /metrics                                  Prometheus text                  all proxies', the mesh's metrics only
 * GET    /signals?of=&from=&to=&step=&where=       SignalsAnswer                     of: `signalSubjects`; where: `label=value`, repeated
 * GET    /series?metric=&by=&seenBy=&from=&to=&step=&where=   SeriesAnswer           metric: `seriesMetrics`; by: labels with commas; seenBy: callers, servers
 * GET    /edges?from=&to=&namespace=&node=&mtls=   Topology                          node: namespace/name, whose impact is told; mtls: `mtlsStates`, with commas
 * GET    /traces?service=&namespace=&from=&to=&minDuration=&maxDuration=&failed=&limit=   { items: TraceSummary[] }   TraceSearch
 * GET    /traces/:id                               Trace
 * GET    /exemplars?service=&namespace=&from=&to=&minDuration=&maxDuration=&limit=   { items: TraceExemplar[] }
 * GET    /records?principal=&from=&to=&workload=&address=&path=&method=&code=&denied=&mtls=&side=&since=&until=&denial=&request=&after=&limit=
 *                                                  { items: StoredRecord[] }        `signals`; from, to: name or namespace/name
 * GET    /records/follow?                          newline-delimited StoredRecord   those that come; the same conditions
 * GET    /records/state                            RecordsState
 * GET    /wait?timeoutMs=                          WaitResult                       returns when applied or timed out
 * GET    /wait?timeoutMs=&for=&kind=&namespace=&name=   WaitResult                  for: accepted, programmed
 * GET    /explain?from=namespace/pod&request=        Journey                          request: JSON; without `from` from outside
 * GET    /why/:id                                 Why (of signals)                 id of a refusal, or of a request
 * GET    /top?since=&until=&limit=&…               Top (of signals)                 and all else that records are asked for by
 * GET    /mtls?namespace=&windowMs=                MtlsReport (of signals)
 * GET    /mtls/strict/:namespace?windowMs=         StrictPlan (of signals)          what STRICT would do; changes nothing
 * GET    /slos?namespace=&name=                    { items: ObjectiveStatus[] }
 * GET    /slos/:namespace/:name/progress?from=&to=&step=   ObjectiveProgress
 * GET    /alerts                                   AlertsStatus
 * POST   /receivers/test   { name }                ReceiverTest                     tells an alert that is none, and its end
 * GET    /silences                                 { items: SilenceStatus[] }
 * POST   /silences         SilenceRequest          SilenceStatus
 * DELETE /silences/:id                             {}
 * GET    /workloads                                { items: WorkloadStatus[], cluster }
 * GET    /services                                 { items: RegisteredService[] }
 * GET    /services/:namespace/:name                ServiceDetails                   of a ServiceEntry: its host
 * GET    /workloads                                { items: WorkloadStatus[] }
 * POST   /workloads/:namespace/:name/restart       {}
 * GET    /pods/:namespace/:name/logs?container=&follow=&tail=   text/plain, chunked; container `envoy` is the proxy
 * WS     /pods/:namespace/:name/exec?container=&command=&command=&stdin=   v5.channel.k8s.io framing
 * GET    /stream?topics=                           Server-Sent Events of LiveEvent    topics: `liveTopics`, with commas; absent: all
 * --- on the Unix socket only ---
 * POST   /tokens           TokenRequest            TokenResult
 * GET    /trust-bundle                             TrustBundles
 * POST   /node             NodeRegistration        {}       the agent says who it is and where its socket is
 * GET    /node/watch       newline-delimited NodeView, one whole document at each change
 * POST   /node/pods        { boot, pods: PodReport[] }  the whole set at each change
 */

import type { Condition } from './condition.ts';
import type { Finding, ObjectRef } from './finding.ts';
import type { ProxySettings } from './istio/proxy-annotation.ts';
import type { Origin, Resource } from './resource.ts';

export interface ApiError {
  readonly error: string;
  readonly findings?: readonly Finding[];
}

export interface Status {
  readonly ready: boolean;
  readonly revision: number;
  /** `gateway`: '' where none has a port of the host. `prometheus`: all proxies' metrics as one scrape, for the token of `scrapeToken`. */
  readonly addresses: { readonly gateway: string; readonly api: string; readonly console: string; readonly prometheus: string };
  readonly counts: { readonly workloads: number; readonly proxies: number; readonly identities: number };
  /** Pods wanted and pods ready, for the progress line of `weft up`. */
  readonly pods: { readonly desired: number; readonly ready: number };
  readonly version: string;
}

export interface StoredObject {
  readonly resource: Resource;
  readonly revision: number;
  readonly findings: readonly Finding[];
  /** As the API tells them; the store holds none. */
  readonly conditions?: readonly Condition[];
}

export interface ApplyRequest {
  /** One or more YAML documents. */
  readonly text: string;
  /** Name for findings, and the directory that relative commands and `workingDir` start from. */
  readonly file: string;
  readonly directory: string;
  readonly dryRun?: boolean;
  /** As they were read: one that was changed since is not written over. */
  readonly read?: readonly ReadObject[];
}

export interface ReadObject {
  readonly ref: ObjectRef;
  /** That it had (`StoredObject.revision`); 0: there was none. */
  readonly revision: number;
}

export interface DeleteRequest {
  readonly objects: readonly ObjectRef[];
}

export type ApplyAction = 'created' | 'configured' | 'unchanged' | 'deleted' | 'refused';

export interface ApplyResult {
  readonly revision: number;
  readonly items: readonly { readonly ref: ObjectRef; readonly action: ApplyAction; readonly owner?: Origin }[];
  readonly findings: readonly Finding[];
}

/** What is kept of who did what with whom. */
export interface RecordsState {
  readonly records: number;
  readonly bytes: number;
  /** The number of the one that was stored last; those that come are after it. */
  readonly last: number;
  /** Unix milliseconds; absent while there are none. */
  readonly oldest?: number;
  /** What was not kept, by reason, since ever. */
  readonly losses: Readonly<Record<string, number>>;
}

export interface TypeStatus {
  /** Content hash over what was sent, and over what was acknowledged. */
  readonly sent: string;
  readonly acknowledged: string;
  readonly resources: number;
  /** Unix milliseconds of the last acknowledgement. */
  readonly acknowledgedAt: number;
  /** Names that were sent and are not acknowledged: `pending` are on their way or sent again, `refused` were refused as they are now. At most 50 each. */
  readonly pending?: readonly string[];
  readonly refused?: readonly string[];
}

export interface ProxyStatus {
  readonly name: string;
  readonly namespace: string;
  readonly identity: string;
  readonly connected: boolean;
  readonly inStep: boolean;
  /** Its labels now ask for what it runs without, or the other way round; or its proxy was started otherwise than it would be now. */
  readonly restartNeeded: boolean;
  /** By short type: CDS, EDS, LDS, RDS, VHDS. */
  readonly types: Readonly<Record<string, TypeStatus>>;
  readonly lastNack: null | { readonly type: string; readonly message: string; readonly at: number };
}

export interface WorkloadStatus {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly desired: number;
  readonly ready: number;
  readonly pods: readonly PodReport[];
  /** Of its newest pod: where it runs and what it is part of; none while it has no pods. */
  readonly labels: Readonly<Record<string, string>>;
  readonly restartNeeded: boolean;
}

export interface WaitResult {
  readonly applied: boolean;
  readonly revision: number;
  /** Names (`namespace/pod`) of proxies that have not acknowledged the current revision. */
  readonly pending: readonly string[];
  /** Those that are no pods of this mesh and had not acknowledged it after 5 s: they are not waited for any longer. */
  readonly strangers?: readonly string[];
  /** Where one object was waited for. */
  readonly condition?: Condition;
}

/** JSON forms of Envoy messages (protobuf JSON mapping), by resource name. */
export interface ProxyConfig {
  readonly bootstrap?: unknown;
  readonly listeners?: Readonly<Record<string, unknown>>;
  readonly routes?: Readonly<Record<string, unknown>>;
  readonly clusters?: Readonly<Record<string, unknown>>;
  readonly endpoints?: Readonly<Record<string, unknown>>;
  readonly secrets?: Readonly<Record<string, unknown>>;
}

/** How much an Envoy logs, most first; as its admin interface calls it. */
export const logLevels = ['trace', 'debug', 'info', 'warning', 'error', 'critical', 'off'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface ProxyLogLevel {
  /** `mixed`: not all of its loggers have the same. */
  readonly level: LogLevel | 'mixed';
}

export interface TokenRequest {
  readonly namespace: string;
  readonly serviceAccount: string;
  /** The instance that the token is bound to; absent: a token (and certificate) without instance. */
  readonly pod?: { readonly name: string; readonly uid: string };
  readonly audience?: string;
  readonly ttlSeconds?: number;
}

export interface TokenResult {
  readonly token: string;
  readonly expiresAt: number;
}

/** The roots of one trust domain: it alone may be vouched for by them. */
export interface TrustBundle {
  readonly trustDomain: string;
  /** One or more certificates, concatenated. */
  readonly pem: string;
}

/** `trustDomain` and `pem` are this mesh's own; `domains` holds it and every federated one. */
export interface TrustBundles extends TrustBundle {
  readonly domains: readonly TrustBundle[];
}

export interface NodeRegistration {
  /** Random per start of the agent: reports of an earlier boot are void. */
  readonly boot: string;
  /** Unix socket of the agent's own API (exec, logs, Envoy's admin). */
  readonly socket: string;
}

export interface ContainerSpec {
  readonly name: string;
  readonly command: readonly string[];
  readonly args: readonly string[];
  /** `field`: the value is an address that only the agent knows; it takes its place when the process starts. */
  readonly env: readonly { readonly name: string; readonly value: string; readonly field?: 'podIP' | 'podIPs' | 'hostIP' }[];
  /** Absolute. */
  readonly workingDir: string;
  readonly ports: readonly { readonly name: string; readonly containerPort: number; readonly protocol: 'TCP' | 'UDP' }[];
  readonly readinessProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly startupProbe?: Probe;
}

export interface Probe {
  readonly action:
    | {
        readonly kind: 'http';
        readonly path: string;
        readonly port: number;
        readonly scheme: string;
        readonly headers: readonly { readonly name: string; readonly value: string }[];
      }
    | { readonly kind: 'tcp'; readonly port: number }
    | { readonly kind: 'grpc'; readonly port: number; readonly service: string }
    | { readonly kind: 'exec'; readonly command: readonly string[] };
  readonly initialDelaySeconds: number;
  readonly periodSeconds: number;
  readonly timeoutSeconds: number;
  readonly successThreshold: number;
  readonly failureThreshold: number;
}

/** A pod to run on the node: what weftd's workload controller made of Deployments and Pods. */
export interface PodSpec {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly serviceAccount: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly workload: { readonly kind: string; readonly name: string };
  readonly containers: readonly ContainerSpec[];
  readonly terminationGracePeriodSeconds: number;
  /** Decided by `inject` from namespace and pod labels; `gateway`: the pod is an Envoy and nothing else. */
  readonly proxy: 'sidecar' | 'gateway' | 'none';
  /** How its proxy is started, decided with the pod; absent: nothing is said. */
  readonly proxySettings?: ProxySettings;
}

/** All that the agent needs from the control plane apart from xDS; one whole document at each change. */
export interface NodeView {
  readonly pods: readonly PodSpec[];
  /** DNS: lower-case host name without trailing dot -> addresses of both families; a leading `*.` is a wildcard. */
  readonly names: Readonly<Record<string, readonly string[]>>;
  /** DNS: lower-case host name -> the name that it stands for (ExternalName). */
  readonly aliases?: Readonly<Record<string, string>>;
  /** Virtual addresses to spread over ready endpoints of their family for workloads without a sidecar. */
  readonly services: readonly {
    readonly address: string;
    readonly port: number;
    readonly endpoints: readonly { readonly address: string; readonly port: number }[];
  }[];
  /** Ports of the host's 127.0.0.1 that lead to a gateway pod. */
  readonly hostPorts: readonly { readonly hostPort: number; readonly namespace: string; readonly pod: string; readonly port: number }[];
  readonly trustDomain: string;
  readonly clusterId: string;
  /** `cluster.local` */
  readonly dnsDomain: string;
}

export type PodPhase = 'Pending' | 'Running' | 'Failed' | 'Terminating';

export interface PodReport {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly address: string;
  /** Where the host has IPv6. */
  readonly ipv6?: string;
  readonly phase: PodPhase;
  readonly ready: boolean;
  /** Whether an Envoy runs in it. */
  readonly proxy: 'sidecar' | 'gateway' | 'none';
  /** One line when it is not ready: why. */
  readonly message: string;
  readonly restarts: number;
  readonly startedAt: number;
}
