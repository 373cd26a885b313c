/** Everything that any proxy may depend on, resolved as far as it is the same for all of them. What `build` gives and `scope` reads. */
import type { AuthorizationPolicy, ExternalAuthorizer, WithdrawnPolicy } from './authorization.ts';
import type { Credential } from './credential.ts';
import type { Gateway } from './gateway.ts';
import type { Memo } from './memo.ts';
import type { Narrowed } from './narrowing.ts';
import type { ConnectionPool, DestinationPolicy, LocalityBalancing } from './policy.ts';
import type { RequestPolicy } from './request-authentication.ts';
import type { Retry } from './route.ts';
import type { Routing } from './routing.ts';
import type { PortEndpoints, Protocol, Service } from './service.ts';
import type { Sidecar } from './sidecar.ts';
import type { PathNormalization, Trust } from './surface.ts';
import type { Telemetry, TelemetryDefaults } from './telemetry.ts';
import type { Labels, PeerModes, PeerPolicy, Workload } from './workload.ts';

/** Who stands behind a service: needed for endpoints and for what its workloads listen on. */
export interface Backend {
  readonly service: Service;
  /** Absent: nothing is selected (endpoints are written down, or resolved elsewhere). */
  readonly selector?: Labels;
  /** The name that DNS resolves for it (ExternalName); absent: endpoints are known here. */
  readonly external?: string;
  /** Instances count before they are ready too (`publishNotReadyAddresses`). */
  readonly unready?: true;
  /** Its instances are called at their IPv6 addresses too, or rather (`ipFamilies`); absent: at IPv4 ones alone. */
  readonly ipv6?: 'too' | 'first';
  /** By service port: the workload's port, as number or as name. */
  readonly targets: ReadonlyMap<number, number | string>;
  /** The ServiceEntry that it was made of, `namespace/name`; absent: a Kubernetes Service. */
  readonly entry?: string;
  /** Younger ServiceEntries whose endpoints are this service's too; absent: none. */
  readonly others?: readonly Backend[];
}

/** The DestinationRules of one namespace for one host, merged [S19]. */
export interface DestinationRule {
  /** `namespace/host`, and the selector where there is one. */
  readonly key: string;
  readonly namespace: string;
  /** Of the oldest object that it was merged from. */
  readonly name: string;
  readonly host: string;
  readonly exportTo: readonly string[];
  /** The clients it is for; private to its namespace. */
  readonly selector?: Labels;
  /** Some policy of it balances by hash. */
  readonly hashes?: true;
  /** Names of labels that its priorities go by; absent: none. */
  readonly failoverLabels?: readonly string[];
  /** Names of Secrets that its clients need; absent: none. */
  readonly secrets?: readonly string[];
  readonly destination: DestinationPolicy;
}

/** The settings that proxies' configuration depends on. */
export interface MeshRules {
  readonly rootNamespace: string;
  readonly trustDomain: string;
  readonly outboundTrafficPolicy: 'ALLOW_ANY' | 'REGISTRY_ONLY';
  readonly enableAutoMtls: boolean;
  /** Of services that no rule speaks of; absent: Istio's. */
  readonly retry?: Retry | 'none';
  /** Absent: as each place has it. */
  readonly paths?: PathNormalization;
  /** What Weft is stricter in than Istio is as Istio has it; absent: it is stricter [G20]. */
  readonly compatibility?: 'istio';
  /** Other names of the trust domain; absent: none. */
  readonly aliases?: readonly string[];
  /** Of gateways that say nothing themselves. */
  readonly trust?: Trust;
  /** What holds for calls of every service where its rule says nothing; empty: Istio's defaults. */
  readonly tcp: NonNullable<ConnectionPool['tcp']>;
  readonly locality: LocalityBalancing;
  /** HTTP/2 to every port that is declared HTTP, unless its rule says otherwise. */
  readonly h2Upgrade?: true;
}

export interface Mesh {
  readonly rules: MeshRules;
  /** By `namespace/name`. */
  readonly workloads: ReadonlyMap<string, Workload>;
  /** In the order of precedence for one host: Kubernetes' own, then the oldest. */
  readonly services: readonly Service[];
  /** By service key. */
  readonly backends: ReadonlyMap<string, Backend>;
  /** By `${service.key}:${port}`. */
  readonly endpoints: ReadonlyMap<string, PortEndpoints>;
  readonly peers: readonly PeerPolicy[];
  /** By namespace and name. */
  readonly authorizations: readonly AuthorizationPolicy[];
  readonly withdrawn: readonly WithdrawnPolicy[];
  /** Who can be asked about requests, in the order of the settings. */
  readonly authorizers: readonly ExternalAuthorizer[];
  /** Oldest first. */
  readonly requests: readonly RequestPolicy[];
  /** By `namespace/owner` of the workloads whose policies became narrower while they ran. */
  readonly narrowed: ReadonlyMap<string, Narrowed>;
  /** Oldest first, as all that follow. */
  readonly destinations: readonly DestinationRule[];
  readonly routings: readonly Routing[];
  readonly gateways: readonly Gateway[];
  /** By `namespace/name`. */
  readonly credentials: ReadonlyMap<string, Credential>;
  readonly sidecars: readonly Sidecar[];
  readonly telemetries: readonly Telemetry[];
  readonly telemetryDefaults: TelemetryDefaults;
  readonly memo: Memo;
}

export type { Labels, PeerModes, Protocol };
