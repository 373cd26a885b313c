/** Objectives, alerts and silences as the API tells them. */
import type { AlertMatcher } from './mesh/alert-route.ts';
import type { ObjectiveSubject } from './mesh/objective.ts';

export interface BurnStatus {
  readonly factor: number;
  readonly long: string;
  readonly short: string;
  readonly severity: string;
  /** How many times as fast as the budget lasts; null: nothing was counted. */
  readonly overLong: number | null;
  readonly overShort: number | null;
  readonly holds: boolean | null;
  readonly reason: string;
}

/** How an objective did, step by step: percent, null where nothing was counted. */
export interface ObjectiveProgress {
  readonly from: number;
  readonly to: number;
  /** Milliseconds. */
  readonly step: number;
  readonly items: readonly {
    readonly at: number;
    readonly good: number;
    readonly total: number;
    /** Of what was counted in the step alone. */
    readonly indicator: number | null;
    /** Of the period that ended with the step. */
    readonly compliance: number | null;
    readonly remaining: number;
  }[];
}

export interface ObjectiveStatus {
  readonly namespace: string;
  readonly name: string;
  readonly description: string;
  readonly subject: ObjectiveSubject;
  readonly indicator: { readonly kind: 'availability' } | { readonly kind: 'latency'; readonly thresholdMs: number };
  /** Percent. */
  readonly target: number;
  readonly counts: 'requests' | 'time slices';
  /** Unix milliseconds; of a calendar's period the end may be to come. */
  readonly period: { readonly from: number; readonly to: number };
  readonly good: number;
  readonly total: number;
  /** Percent that was good; null: nothing was counted. */
  readonly compliance: number | null;
  readonly budget: {
    readonly allowed: number;
    readonly failed: number;
    /** Percent; less than 0: overdrawn. */
    readonly remaining: number;
  };
  readonly burnRates: readonly BurnStatus[];
  readonly forecast: { readonly kind: 'unknown' | 'gone' | 'lasts' | 'gone in'; readonly ms?: number; readonly words: string };
  /** What keeps it from being measured. */
  readonly fault?: string;
}

export interface AlertStatus {
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly state: 'pending' | 'firing' | 'resolved';
  /** Unix milliseconds of when it came into this state. */
  readonly since: number;
  readonly summary: string;
  readonly reason: string;
  /** Nobody is told of it. */
  readonly muted?: { readonly by: 'silence' | 'inhibition'; readonly id: string };
  /** Who hears of it. */
  readonly receivers: readonly string[];
}

export interface ReceiverStatus {
  /** `namespace/route/index/kind` */
  readonly name: string;
  readonly told: number;
  readonly lastToldAt?: number;
  /** What was not as it should be although it was told, the last time. */
  readonly remark?: string;
  /** It could not be told the last time. */
  readonly failing?: { readonly failures: number; readonly reason: string; readonly retryAt: number };
}

export interface AlertsStatus {
  readonly items: readonly AlertStatus[];
  readonly receivers: readonly ReceiverStatus[];
  /** How many more there would be: a rule has 500 at most. */
  readonly leftOut?: number;
}

/** What became of an alert that was told for trying, and of its end. */
export type ReceiverTest =
  | { readonly told: true; readonly remark?: string }
  | {
      readonly told: false;
      /** In one line, without credentials. */
      readonly reason: string;
    };

export interface SilenceRequest {
  readonly matchers: readonly AlertMatcher[];
  /** Unix milliseconds; now unless told. */
  readonly from?: number;
  readonly to: number;
  readonly by: string;
  readonly comment: string;
}

export interface SilenceStatus extends SilenceRequest {
  readonly id: string;
  readonly from: number;
}
