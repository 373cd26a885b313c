/** All that weftd remembers, in one file: `store.db` in the mesh's home. */
import type { Session } from '../access/sessions.ts';
import type { KeptToken } from '../access/tokens.ts';
import { type Audit, auditIn, auditKept } from './audit.ts';
import { openDatabase } from './database.ts';
import { type Decisions, decisionsIn } from './decisions.ts';
import { type History, historyIn } from './history.ts';
import { type Judged, judgedIn } from './judged.ts';
import { type KeptKeys, keysIn } from './keys.ts';
import { historyKept, mostHistory, type Objects, objectsIn } from './objects.ts';
import { type Observed, observedIn } from './observed.ts';
import { type Past, pastIn } from './past.ts';
import { migrations } from './schema.ts';
import { asJson, type Table, tableIn } from './table.ts';

export interface Store {
  readonly objects: Objects;
  readonly observed: Observed;
  readonly decisions: Decisions;
  readonly judged: Judged;
  readonly keys: KeptKeys;
  readonly history: History;
  /** Objects as they were at a moment. */
  readonly past: Past;
  /** Logins of browsers, by proof of their secrets. */
  readonly sessions: Table<Session>;
  /** By name. */
  readonly tokens: Table<KeptToken>;
  readonly audit: Audit;
  /** Forgets history that is too old. */
  prune(): void;
  close(): void;
}

export const openStore = (path: string, now: () => number): Store => {
  const database = openDatabase(path, migrations);
  const audit = auditIn(database);
  const objects = objectsIn(database, now, audit);
  const history = historyIn(database);
  const prune = (): void => {
    objects.prune(now() - historyKept, mostHistory);
    audit.prune(now() - auditKept);
  };
  prune();
  return {
    objects,
    observed: observedIn(database),
    decisions: decisionsIn(database),
    judged: judgedIn(database),
    keys: keysIn(database),
    history,
    past: pastIn(database, history.since, now),
    sessions: tableIn(database, 'sessions', ['proof', 'session'], asJson()),
    tokens: tableIn(database, 'access_tokens', ['name', 'token'], asJson()),
    audit,
    prune,
    close: database.close,
  };
};
