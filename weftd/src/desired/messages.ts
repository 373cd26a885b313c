/**
 * What the main thread and the worker say to each other. The main thread calls and attaches; the worker answers, and
 * reports when plans, the node's view or the worker's own health change.
 */
import type {
  ApplyResult,
  AuditAuthor,
  Finding,
  NodeRegistration,
  NodeView,
  ObjectRef,
  PodReport,
  Proxy,
  StoredObject,
  TelemetryRetention,
  UndoRequest,
  UndoResult,
  WorkloadStatus,
} from '@weft/model';
import type { AccessCalls } from '../access/calls.ts';
import type { ProviderLogin } from '../access/provider.ts';
import type { Configuration } from '../alerts/configuration.ts';
import type { Log } from '../push/contract.ts';
import type { Instance } from '../registry.ts';
import type { TelemetryReceivers } from '../telemetry/hand-over/receivers.ts';
import type { Measured } from './measured.ts';
import type { Applied } from './ownership.ts';
import type { Previews } from './preview.ts';
import type { Questions } from './questions.ts';
import type { Retrospect } from './retrospect.ts';

export interface DesiredConfig {
  /** Path of the store's file. */
  readonly store: string;
  /** Absolute; absent: the API is the only source. */
  readonly folder?: string;
  readonly clusterId: string;
  readonly dnsDomain: string;
  readonly gatewayPort: number;
}

export interface ObjectQuery {
  /** Absent: all kinds. */
  readonly kind?: string;
  /** Absent: all namespaces. */
  readonly namespace?: string;
  /** Absent: all names. */
  readonly name?: string;
  /** Tell also which proxies depend on each object, if there are not too many; costs a compilation for each. */
  readonly dependents: boolean;
}

/** An object and what the worker knows of its standing; who acknowledged it is known where proxies are talked to. */
export interface StandingObject {
  readonly stored: StoredObject;
  /** What its file says now cannot be taken: the last good version is in force. */
  readonly outdated: boolean;
  /** `namespace/name` of the proxies whose configuration depends on it; absent: not asked, or nothing of the kind is told to proxies. */
  readonly dependents?: readonly string[];
}

/** What the main thread may ask of the worker. A rejected call is the world failing (a full disk), with its reason. */
export interface Calls extends AccessCalls, Questions, Retrospect, Previews {
  apply(request: Applied): ApplyResult;
  remove(asked: { readonly objects: readonly ObjectRef[]; readonly by?: AuditAuthor }): ApplyResult;
  /** Undefined: there is no such revision, or it is not known any more. */
  undo(asked: UndoRequest & { readonly by?: AuditAuthor }): UndoResult | undefined;
  list(query: ObjectQuery): Promise<readonly StandingObject[]>;
  findings(): readonly Finding[];
  /** What alerts go by; with the values of Secrets that receivers are named with, for the thread that tells them. */
  alerting(): Configuration;
  register(node: NodeRegistration): void;
  /** False: the report is of another boot than the registered one. */
  report(report: { readonly boot: string; readonly pods: readonly PodReport[] }): boolean;
  /** False: there is no such workload. */
  restart(workload: ObjectRef): boolean;
  /** A step of a change is over: every proxy has acknowledged it, or its time is up. */
  advance(step: Advance): void;
  /** Looks at the folder, compiles what changed. @returns the revision that is now planned. */
  settle(): Promise<number>;
}

export type Method = keyof Calls;

export type ToWorker =
  | { readonly kind: 'call'; readonly id: number; readonly method: Method; readonly argument: unknown }
  | { readonly kind: 'attach'; readonly key: string; readonly proxy: Proxy }
  | { readonly kind: 'detach'; readonly key: string }
  | { readonly kind: 'stop' };

/** Resources that the main thread has not seen, their bytes end to end in `bytes`. */
export interface FreshResources {
  readonly ids: Uint32Array;
  readonly names: readonly string[];
  readonly versions: readonly string[];
  /** Bytes of each; one resource lies in one chunk. */
  readonly sizes: Uint32Array;
  readonly chunks: readonly Uint8Array[];
}

export interface ProxyUpdate {
  readonly key: string;
  readonly revision: number;
  /** Changed types only. */
  readonly types: readonly { readonly typeUrl: string; readonly map: number }[];
}

export interface PlanUpdate {
  readonly revision: number;
  readonly fresh: FreshResources;
  /** Maps that the main thread has not seen: ids of their resources, in order. */
  readonly maps: readonly { readonly id: number; readonly resources: Uint32Array }[];
  readonly proxies: readonly ProxyUpdate[];
  /** What nobody has any more, once this update is taken. */
  readonly dropped: { readonly maps: Uint32Array; readonly resources: Uint32Array };
}

/** What is wanted of the node, and what is known of it. */
export interface NodeState {
  readonly view: NodeView;
  readonly instances: readonly Instance[];
  readonly workloads: readonly WorkloadStatus[];
  /** Pods whose labels now ask for another proxy than they run with, as `namespace/name`. */
  readonly restartNeeded: readonly string[];
  /** From the settings in force. */
  readonly trustDomainAliases: readonly string[];
  readonly measured: Measured;
  readonly telemetryReceivers: TelemetryReceivers;
  readonly telemetryRetention: TelemetryRetention;
  /** Who else vouches for people; `client` is absent where its Secret does not say it. */
  readonly consoleLogin?: ProviderLogin;
  /** `https://host[:port]`, where a proxy that ends TLS stands before it. */
  readonly consoleAddress?: string;
  /** Pods that are on the way to another mode of mutual TLS, or may go by withdrawn policies, as `namespace/name`. */
  readonly changing: readonly string[];
  readonly node?: NodeRegistration;
}

export interface Health {
  /** Compilations that failed because of our own mistake; the last good plan stays in force. */
  readonly compileErrors: number;
}

/** What is otherwise than it was when news were told last. */
export interface News {
  /** That is planned now. */
  readonly revision: number;
  /** Of objects that were written or deleted since. */
  readonly kinds: readonly string[];
  readonly findings: boolean;
}

/** What proxies are waited for, before what follows may be told. */
export interface Step {
  readonly revision: number;
  readonly timeoutMs: number;
}

export interface Advance {
  readonly revision: number;
  readonly applied: boolean;
  /** Who has not acknowledged it, as `namespace/name`. */
  readonly pending: readonly string[];
}

export type FromWorker =
  | { readonly kind: 'ready'; readonly trustDomain: string }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly reason: string }
  | { readonly kind: 'plan'; readonly update: PlanUpdate }
  | { readonly kind: 'node'; readonly state: NodeState }
  | { readonly kind: 'step'; readonly step: Step }
  | { readonly kind: 'news'; readonly news: News }
  | { readonly kind: 'health'; readonly health: Health }
  | { readonly kind: 'log'; readonly level: keyof Log; readonly fields: object; readonly message: string };
