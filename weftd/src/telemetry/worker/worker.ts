/** Entry of the telemetry thread: calls in, answers out, one after another; what they took is on disk when they are answered. */
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { isDamaged, putAside } from './damage.ts';
import type { FromTelemetry, TelemetryConfig, ToTelemetry } from './messages.ts';
import { type Store, type StoreName, stores } from './stores.ts';

/** Often enough that a store is never far above its bound, seldom enough to cost nothing. */
const maintenanceMs = 60_000;

const { directory, options } = workerData as TelemetryConfig;

const post = (message: FromTelemetry): void => parentPort?.postMessage(message);

const fileOf = (name: StoreName): string => join(directory, stores[name].file);

/** The options belong to the store: who starts the thread is typed by the same table. */
const open = (name: StoreName): Store => {
  const { open: openStore }: { readonly open: (path: string, options: never) => Store } = stores[name];
  return openStore(fileOf(name), options[name] as never);
};

const openAnew = (name: StoreName, reason: unknown): Store => {
  post({ kind: 'trouble', message: `what was kept of ${name} is damaged, now ${putAside(fileOf(name))}: ${String(reason)}` });
  return open(name);
};

const openWhole = (name: StoreName): Store => {
  try {
    return open(name);
  } catch (error) {
    if (!isDamaged(error)) throw error;
    return openAnew(name, error);
  }
};

const opened = new Map((Object.keys(stores) as StoreName[]).map((name) => [name, openWhole(name)]));

/** What was asked failed; what comes next finds a store that is whole. */
const replaceDamaged = (name: StoreName, error: unknown): void => {
  if (!isDamaged(error)) return;
  opened.get(name)?.close();
  opened.set(name, openAnew(name, error));
};

/** As the types on the caller's side promise, the store has the method. */
const call = (name: StoreName, method: string, given: readonly unknown[]): unknown => {
  const store = opened.get(name) as unknown as Readonly<Record<string, (...given: readonly unknown[]) => unknown>>;
  return store[method]?.(...given);
};

/** No call waits for anything but itself, so none comes in between. */
const answer = async ({ id, store, method, given }: Extract<ToTelemetry, { kind: 'call' }>): Promise<void> => {
  try {
    post({ kind: 'answer', id, value: await call(store, method, given) });
  } catch (error) {
    post({ kind: 'failure', id, error });
    replaceDamaged(store, error);
  }
};

const maintain = (): void => {
  for (const [name, store] of opened) {
    try {
      store.maintain(Date.now());
    } catch (error) {
      // A full disk, as a rule: nothing was forgotten, and it is tried again; what is to be added tells of it.
      replaceDamaged(name, error);
    }
  }
};

const maintenance = setInterval(maintain, maintenanceMs);

parentPort?.on('message', (message: ToTelemetry) => {
  if (message.kind === 'call') {
    void answer(message);
    return;
  }
  clearInterval(maintenance);
  for (const store of opened.values()) store.close();
  parentPort?.close();
});

maintain();
post({ kind: 'ready' });
