/**
 * Decisions that weftd took once and must keep over a restart: which pods it made (name and uid), which restarts
 * were asked for, which virtual address belongs to whom, how callers were told to call, and which CUSTOM policies proxies were told.
 */
import type { ObjectRef } from '@weft/model';
import { refKey } from '@weft/model';
import type { Callers } from '../desired/callers.ts';
import type { ToldPolicy } from '../desired/withdrawals.ts';
import type { PodInstance } from '../workloads/instance.ts';
import type { Database } from './database.ts';
import { asJson, tableIn } from './table.ts';

export interface Decisions {
  instances(): readonly PodInstance[];
  /** Replaces the whole set; only differences are written. */
  keepInstances(instances: readonly PodInstance[]): void;
  /** Unix milliseconds of the last restart asked for, by `refKey` of the workload. */
  restarts(): ReadonlyMap<string, number>;
  restart(workload: ObjectRef, at: number): void;
  /** Virtual address by owner. */
  addresses(): Readonly<Record<string, string>>;
  keepAddresses(addresses: Readonly<Record<string, string>>): void;
  /** What callers of each instance were told to do, by its uid. */
  callers(): ReadonlyMap<string, Callers>;
  /** Replaces the whole table; only differences are written. */
  keepCallers(callers: ReadonlyMap<string, Callers>): void;
  /** CUSTOM policies that some proxy may go by, by their hash. */
  toldPolicies(): ReadonlyMap<string, ToldPolicy>;
  /** Replaces the whole table; only differences are written. */
  keepToldPolicies(told: ReadonlyMap<string, ToldPolicy>): void;
}

/** Instances are immutable values: one that is the same object was already written. */
const instancesIn = (database: Database): Pick<Decisions, 'instances' | 'keepInstances'> => {
  const put = database.sql.prepare('INSERT OR REPLACE INTO instances VALUES (?, ?)');
  const erase = database.sql.prepare('DELETE FROM instances WHERE uid = ?');
  let instances: readonly PodInstance[] = database.sql
    .prepare('SELECT instance FROM instances ORDER BY uid')
    .all()
    .map((row) => JSON.parse(String(row.instance)) as PodInstance);
  return {
    instances: () => instances,
    keepInstances: (next) => {
      const known = new Set(instances);
      const wanted = new Set(next.map((instance) => instance.pod.uid));
      const changed = next.filter((instance) => !known.has(instance));
      const gone = instances.filter((instance) => !wanted.has(instance.pod.uid));
      if (changed.length > 0 || gone.length > 0) {
        database.transaction(() => {
          for (const instance of changed) put.run(instance.pod.uid, JSON.stringify(instance));
          for (const instance of gone) erase.run(instance.pod.uid);
        });
      }
      instances = next;
    },
  };
};

const restartsIn = (database: Database): Pick<Decisions, 'restarts' | 'restart'> => {
  const put = database.sql.prepare('INSERT OR REPLACE INTO restarts VALUES (?, ?, ?, ?)');
  const restarts = new Map(
    database.sql
      .prepare('SELECT * FROM restarts')
      .all()
      .map((row) => [refKey({ kind: String(row.kind), namespace: String(row.namespace), name: String(row.name) }), Number(row.at)]),
  );
  return {
    restarts: () => restarts,
    restart: (workload, at) => {
      database.transaction(() => put.run(workload.kind, workload.namespace, workload.name, at));
      restarts.set(refKey(workload), at);
    },
  };
};

const addressesIn = (database: Database): Pick<Decisions, 'addresses' | 'keepAddresses'> => {
  const put = database.sql.prepare('INSERT INTO addresses VALUES (?, ?)');
  const erase = database.sql.prepare('DELETE FROM addresses WHERE owner = ?');
  let addresses: Readonly<Record<string, string>> = Object.fromEntries(
    database.sql
      .prepare('SELECT * FROM addresses')
      .all()
      .map((row) => [String(row.owner), String(row.address)]),
  );
  return {
    addresses: () => addresses,
    keepAddresses: (next) => {
      const gone = Object.entries(addresses).filter(([owner, address]) => next[owner] !== address);
      const added = Object.entries(next).filter(([owner, address]) => addresses[owner] !== address);
      if (gone.length > 0 || added.length > 0) {
        database.transaction(() => {
          for (const [owner] of gone) erase.run(owner);
          for (const [owner, address] of added) put.run(owner, address);
        });
      }
      addresses = next;
    },
  };
};

const callersIn = (database: Database): Pick<Decisions, 'callers' | 'keepCallers'> => {
  const table = tableIn<Callers>(database, 'callers', ['uid', 'callers'], asJson());
  return { callers: table.all, keepCallers: table.replace };
};

const toldPoliciesIn = (database: Database): Pick<Decisions, 'toldPolicies' | 'keepToldPolicies'> => {
  const table = tableIn<ToldPolicy>(database, 'told_policies', ['hash', 'policy', 'withdrawn_from'], {
    read: (policy, from) => ({ policy: JSON.parse(String(policy)), ...(from !== null && { withdrawnFrom: JSON.parse(String(from)) }) }),
    write: ({ policy, withdrawnFrom }) => [JSON.stringify(policy), withdrawnFrom ? JSON.stringify(withdrawnFrom) : null],
  });
  return { toldPolicies: table.all, keepToldPolicies: table.replace };
};

export const decisionsIn = (database: Database): Decisions => ({
  ...instancesIn(database),
  ...restartsIn(database),
  ...addressesIn(database),
  ...callersIn(database),
  ...toldPoliciesIn(database),
});
