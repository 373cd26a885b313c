/**
 * The stores of telemetry, each a file of its own so that what one forgets never makes another wait. A store is a plain synchronous module
 * that knows nothing of threads; a method that returned has committed.
 */
import { openEvents } from '../events/events.ts';
import { openOutbox } from '../hand-over/outbox.ts';
import { openMetrics } from '../metrics/metrics.ts';
import { openRecords } from '../records/records.ts';
import { openTraces } from '../traces/traces.ts';

/** What every store has besides its own methods. */
export interface Store {
  /** Forgets what is too old or too much; called now and then with the time of now. */
  maintain(now: number): void;
  close(): void;
}

export const stores = {
  records: { file: 'requests.db', open: openRecords },
  metrics: { file: 'metrics.db', open: openMetrics },
  traces: { file: 'traces.db', open: openTraces },
  outbox: { file: 'outbox.db', open: openOutbox },
  events: { file: 'events.db', open: openEvents },
} as const satisfies Readonly<Record<string, { readonly file: string; readonly open: (path: string, options: never) => Store }>>;

type Stores = typeof stores;

export type StoreName = keyof Stores;

/** By store; it is sent to the thread, so it holds values only. */
export type StoreOptions = { readonly [Name in StoreName]: Parameters<Stores[Name]['open']>[1] };

type Asked<Method> = Method extends (...given: infer Given) => infer Answer ? (...given: Given) => Promise<Awaited<Answer>> : never;

/** A store as other threads see it: each method is a call that is answered. */
export type RemoteStore<Name extends StoreName> = {
  readonly [Method in Exclude<keyof ReturnType<Stores[Name]['open']>, keyof Store>]: Asked<ReturnType<Stores[Name]['open']>[Method]>;
};

export type RemoteStores = { readonly [Name in StoreName]: RemoteStore<Name> };
