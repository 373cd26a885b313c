/** What the agent last reported. Kept on disk, so that a restarted weftd starts from full endpoint lists, not from empty ones. */
import type { NodeRegistration, PodReport } from '@weft/model';
import type { Database } from './database.ts';

export interface Observed {
  node(): NodeRegistration | undefined;
  /** A node that starts anew (another boot id) has none of the pods that it reported before. */
  register(node: NodeRegistration): void;
  /** The whole set of the node's pods. @returns false, and changes nothing, when `boot` is not the registered one. */
  report(boot: string, pods: readonly PodReport[]): boolean;
  reports(): readonly PodReport[];
}

const podOrder = (a: PodReport, b: PodReport): number => (a.uid < b.uid ? -1 : a.uid > b.uid ? 1 : 0);

const loadNode = ({ sql }: Database): NodeRegistration | undefined => {
  const row = sql.prepare('SELECT boot, socket FROM node').get();
  return row ? { boot: String(row.boot), socket: String(row.socket) } : undefined;
};

export const observedIn = (database: Database): Observed => {
  const { sql } = database;
  const setNode = sql.prepare('INSERT OR REPLACE INTO node VALUES (1, ?, ?)');
  const clear = sql.prepare('DELETE FROM reports');
  const insert = sql.prepare('INSERT OR REPLACE INTO reports VALUES (?, ?)');

  let node = loadNode(database);
  let reports: readonly PodReport[] = sql
    .prepare('SELECT report FROM reports')
    .all()
    .map((row) => JSON.parse(String(row.report)) as PodReport)
    .toSorted(podOrder);

  return {
    node: () => node,
    reports: () => reports,
    register: (registration) => {
      const anew = node?.boot !== registration.boot;
      database.transaction(() => {
        setNode.run(registration.boot, registration.socket);
        if (anew) clear.run();
      });
      node = registration;
      if (anew) reports = [];
    },
    report: (boot, pods) => {
      if (node?.boot !== boot) return false;
      const sorted = pods.toSorted(podOrder);
      database.transaction(() => {
        clear.run();
        for (const pod of sorted) insert.run(pod.uid, JSON.stringify(pod));
      });
      reports = sorted;
      return true;
    },
  };
};
