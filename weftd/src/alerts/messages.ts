/** What the main thread and the thread of alerts say to each other. */
import type {
  AlertStatus,
  AlertsStatus,
  ObjectiveProgress,
  ObjectiveStatus,
  ReceiverTest,
  SilenceRequest,
  SilenceStatus,
} from '@weft/model';
import type { Answered, Measured, ProgressSearch, Question, SeenNow, SignalsQuery } from '@weft/signals';
import type { Configuration } from './configuration.ts';

export interface AlertsConfig {
  /** Path of the file that remembers. */
  readonly memory: string;
}

export interface ProgressQuestion extends ProgressSearch {
  readonly namespace: string;
  readonly name: string;
}

/** What the main thread may ask for. A rejected call is the world failing (a full disk), with its reason. */
export interface AlertCalls {
  configure(given: { readonly configuration: Configuration; readonly externalUrl: string }): void;
  see(sight: SeenNow): void;
  objectives(): readonly ObjectiveStatus[];
  /** Undefined: there is none of this name. Rejects where nobody could draw so many steps. */
  progress(question: ProgressQuestion): ObjectiveProgress | undefined;
  alerts(): AlertsStatus;
  /** Tells a receiver of an alert that is none, and of its end. Undefined: there is none of this name. */
  test(receiver: string): Promise<ReceiverTest | undefined>;
  silences(): readonly SilenceStatus[];
  silence(request: SilenceRequest): SilenceStatus;
  /** False: there is none of this id. */
  unsilence(id: string): boolean;
}

export type AlertMethod = keyof AlertCalls;

export type ToAlerts =
  | { readonly kind: 'call'; readonly id: number; readonly method: AlertMethod; readonly argument: unknown }
  | { readonly kind: 'measured'; readonly id: number; readonly answered: Answered<Measured> }
  | { readonly kind: 'unmeasured'; readonly id: number; readonly reason: string }
  | { readonly kind: 'stop' };

export type FromAlerts =
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly reason: string }
  /** Measurements are kept elsewhere. */
  | { readonly kind: 'measure'; readonly id: number; readonly what: keyof SignalsQuery; readonly question: Question }
  /** These came into another state; none: silences changed. */
  | { readonly kind: 'changed'; readonly alerts: readonly AlertStatus[] }
  | { readonly kind: 'warning'; readonly fields: object; readonly message: string };
