/** Sets of labels that requests of routes were counted under, and the service of each: all of them in memory, since each question looks through them. */
import type { DatabaseSync } from 'node:sqlite';
import type { Labels } from '@weft/signals';

export const hourMs = 3_600_000;

export interface RouteSet {
  readonly id: number;
  readonly service: number;
  readonly labels: Labels;
  /** Start of the last hour in which something was counted under it, in Unix milliseconds. */
  last: number;
}

export interface RouteSets {
  /** What is counted under at this time. Within a transaction: what is new is written. */
  of(labels: Labels, at: number): RouteSet;
  labels(id: number): Labels;
  all(): readonly RouteSet[];
  services(): readonly number[];
  servicesOf(ids: ReadonlySet<number>): readonly number[];
  /** What is in memory, to be read of the file again. */
  forget(): void;
  /** Those that nothing was counted under since. */
  erase(before: number): void;
}

export const routeSets = (sql: DatabaseSync): RouteSets => {
  const list = sql.prepare('SELECT id, service, labels, last FROM route_labels');
  const put = sql.prepare('INSERT INTO route_labels (labels, service, last) VALUES (?, ?, ?)');
  const findService = sql.prepare('SELECT id FROM route_services WHERE name = ?');
  const putService = sql.prepare('INSERT INTO route_services (name) VALUES (?)');
  const note = sql.prepare('UPDATE route_labels SET last = ? WHERE id = ?');
  const erase = sql.prepare('DELETE FROM route_labels WHERE last < ?');
  const eraseServices = sql.prepare('DELETE FROM route_services WHERE id NOT IN (SELECT service FROM route_labels)');

  const read = () => {
    const byText = new Map<string, RouteSet>();
    const byId = new Map<number, RouteSet>();
    const add = (text: string, set: RouteSet): RouteSet => {
      byText.set(text, set);
      byId.set(set.id, set);
      return set;
    };
    for (const { id, service, labels, last } of list.iterate()) {
      const text = String(labels);
      add(text, { id: Number(id), service: Number(service), labels: JSON.parse(text) as Labels, last: Number(last) });
    }
    return { byText, byId, add };
  };

  let known: ReturnType<typeof read> | undefined;
  const inMemory = (): ReturnType<typeof read> => {
    known ??= read();
    return known;
  };

  const serviceOf = ({ destination_service: name = '' }: Labels): number =>
    Number(findService.get(name)?.['id'] ?? putService.run(name).lastInsertRowid);

  return {
    of: (labels, at) => {
      const { byText, add } = inMemory();
      const hour = at - (at % hourMs);
      const text = JSON.stringify(labels);
      const found = byText.get(text);
      if (!found) {
        const service = serviceOf(labels);
        return add(text, { id: Number(put.run(text, service, hour).lastInsertRowid), service, labels, last: hour });
      }
      if (found.last < hour) {
        note.run(hour, found.id);
        found.last = hour;
      }
      return found;
    },
    labels: (id) => inMemory().byId.get(id)?.labels ?? {},
    all: () => [...inMemory().byId.values()],
    services: () => [...new Set([...inMemory().byId.values()].map(({ service }) => service))],
    servicesOf: (ids) => {
      const { byId } = inMemory();
      return [...new Set([...ids].flatMap((id) => byId.get(id)?.service ?? []))];
    },
    forget: () => {
      known = undefined;
    },
    erase: (before) => {
      if (Number(erase.run(before).changes) === 0) return;
      eraseServices.run();
      known = undefined;
    },
  };
};
