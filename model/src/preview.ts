/** What a change would do, before it is made. */

import type { ApplyResult } from './api.ts';
import type { AccessDecision, AccessEnd } from './call-access.ts';
import type { Finding, ObjectRef } from './finding.ts';
import type { ObjectDifference } from './history.ts';

/** One of `text`, `delete` and `undo`; nothing is changed. */
export interface PreviewRequest {
  /** YAML, as for `apply`. */
  readonly text?: string;
  readonly delete?: readonly ObjectRef[];
  /** A revision that would be taken back. */
  readonly undo?: number;
  /** Of so many of the last access records it is said which would be decided otherwise. */
  readonly records?: number;
  /** Of this one the configuration is shown before and after. */
  readonly resource?: PreviewedResource;
}

export interface PreviewedResource {
  /** `namespace/name` of a proxy. */
  readonly proxy: string;
  /** CDS, EDS, LDS, RDS, VHDS or ECDS. */
  readonly type: string;
  readonly name: string;
}

/** Names of what an Envoy has of one type. */
export interface ConfigurationChanges {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

/** Proxies to which the same would happen. */
export interface ProxiesChange {
  readonly proxies: readonly string[];
  /** By short type. */
  readonly types: Readonly<Record<string, ConfigurationChanges>>;
}

export interface PairChange {
  readonly from: AccessEnd;
  readonly to: AccessEnd;
  readonly ports: readonly number[];
  readonly before: AccessDecision;
  readonly after: AccessDecision;
  readonly why: string;
}

/** What a proxy would do with what it recorded. */
export interface RecordedDecision {
  readonly allowed: boolean;
  readonly outcome: string;
  readonly route: string;
  /** Clusters with their shares in percent. */
  readonly destinations: Readonly<Record<string, number>>;
}

/** Records that would be decided otherwise in the same way. */
export interface RecordsChange {
  readonly count: number;
  readonly from: string;
  readonly to: string;
  readonly before: RecordedDecision;
  readonly after: RecordedDecision;
  /** Some of them. */
  readonly examples: readonly { readonly id: number; readonly at: number; readonly what: string }[];
}

export interface Preview extends Pick<ApplyResult, 'items'> {
  /** That it was compared with. */
  readonly revision: number;
  readonly changes: readonly ObjectDifference[];
  /** Nothing of it could be taken: the rest says what there is without it. */
  readonly refused: boolean;
  readonly findings: {
    /** About the text itself, and those that there would be. */
    readonly added: readonly Finding[];
    /** That there would be no more. */
    readonly gone: readonly Finding[];
  };
  /** Of how many there are. */
  readonly proxies: { readonly all: number; readonly changed: readonly ProxiesChange[] };
  readonly pairs: readonly PairChange[];
  /** Absent: nobody asked. */
  readonly records?: {
    readonly looked: number;
    /** Of those looked at, what could be asked again: their proxies are known. */
    readonly judged: number;
    readonly changed: readonly RecordsChange[];
  };
  readonly resource?: { readonly before?: unknown; readonly after?: unknown };
}
