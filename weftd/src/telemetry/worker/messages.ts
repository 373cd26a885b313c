/** What the main thread and the telemetry thread say to each other. */
import type { StoreName, StoreOptions } from './stores.ts';

export interface TelemetryConfig {
  /** Where the stores' files lie. */
  readonly directory: string;
  readonly options: StoreOptions;
}

export type ToTelemetry =
  | {
      readonly kind: 'call';
      readonly id: number;
      readonly store: StoreName;
      readonly method: string;
      readonly given: readonly unknown[];
    }
  | { readonly kind: 'stop' };

export type FromTelemetry =
  | { readonly kind: 'ready' }
  | { readonly kind: 'trouble'; readonly message: string }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  /** An Error with its cause, as structured cloning carries it over. */
  | { readonly kind: 'failure'; readonly id: number; readonly error: unknown };
