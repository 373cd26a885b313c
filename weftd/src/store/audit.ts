/** Who did what: only ever added to, and forgotten when it is old. */
import type { AuditAction, AuditEntry, AuditSearch, ObjectRef } from '@weft/model';
import type { Database } from './database.ts';

export type NewEntry = Omit<AuditEntry, 'id'>;

export interface Audit {
  /** Durable when it returns, or, inside a transaction, with it. */
  add(entry: NewEntry): void;
  /** The newest first, without objects. */
  list(search: Omit<AuditSearch, 'changes'> & { readonly limit: number }): readonly AuditEntry[];
  entry(id: number): AuditEntry | undefined;
  prune(before: number): void;
}

export const auditKept = 365 * 24 * 3600 * 1000;
/** Who may do things might do them in a loop: that must not fill the disk. */
const mostEntries = 200_000;

const longest = 500;

export const briefly = (text: string): string => (text.length > longest ? `${text.slice(0, longest - 1)}…` : text);

/** `VirtualService shop/web, …`: what it was, for who reads the log; history has all. */
export const aboutObjects = (refs: readonly ObjectRef[]): string =>
  briefly(refs.map(({ kind, namespace, name }) => `${kind} ${namespace ? `${namespace}/` : ''}${name}`).join(', '));

type Row = Readonly<Record<string, unknown>>;

const entryIn = (row: Row): AuditEntry => ({
  id: Number(row['id']),
  at: Number(row['at']),
  by: JSON.parse(String(row['author'])) as AuditEntry['by'],
  action: row['action'] as AuditAction,
  about: String(row['about']),
  result: row['reason'] === null ? 'done' : 'refused',
  ...(typeof row['reason'] === 'string' && { reason: row['reason'] }),
  ...(typeof row['revision'] === 'number' && { revision: row['revision'] }),
});

/**
 * Pods and workloads are named `namespace/name`, objects with their kind before it; of a revision's many objects only the first are
 * named, so history is asked too, while it is kept.
 */
const ofNamespace = (namespace: string): { text: string; values: string[] } => ({
  text: ` AND (instr(about, ?) = 1 OR action IN ('apply', 'delete', 'undo', 'file') AND (instr(about, ?) > 0
    OR EXISTS (SELECT 1 FROM history WHERE history.revision = audit.revision AND history.namespace = ?)))`,
  values: [`${namespace}/`, ` ${namespace}/`, namespace],
});

const conditionsOf = ({
  from,
  to,
  user,
  action,
  result,
  about,
  namespace,
  before,
}: AuditSearch): { text: string; values: (string | number)[] } => {
  const asked: readonly (readonly [string, string | number | undefined])[] = [
    ['at >= ?', from],
    ['at < ?', to],
    ['user = ?', user],
    ['action = ?', action],
    ['instr(about, ?) > 0', about],
    ['id < ?', before],
  ];
  const said = asked.flatMap(([text, value]): [string, string | number][] => (value === undefined ? [] : [[text, value]]));
  const texts = [...said.map(([text]) => text), ...(result ? [`reason IS ${result === 'done' ? '' : 'NOT '}NULL`] : [])];
  const within = namespace === undefined ? { text: '', values: [] } : ofNamespace(namespace);
  return {
    text: `${texts.map((text) => ` AND ${text}`).join('')}${within.text}`,
    values: [...said.map(([, value]) => value), ...within.values],
  };
};

export const auditIn = ({ sql }: Database): Audit => {
  const insert = sql.prepare('INSERT INTO audit (at, user, author, action, about, reason, revision) VALUES (?, ?, ?, ?, ?, ?, ?)');
  const one = sql.prepare('SELECT * FROM audit WHERE id = ?');
  const forget = sql.prepare('DELETE FROM audit WHERE at < ? OR id <= (SELECT max(id) FROM audit) - ?');
  return {
    add: ({ at, by, action, about, result, reason, revision }) => {
      const refused = result === 'refused' ? (reason ?? '') : null;
      insert.run(at, by.user, JSON.stringify(by), action, about, refused, revision ?? null);
    },
    list: ({ limit, ...search }) => {
      const { text, values } = conditionsOf(search);
      const found = sql.prepare(`SELECT * FROM audit WHERE 1${text} ORDER BY id DESC LIMIT ?`).all(...values, limit);
      return found.map(entryIn);
    },
    entry: (id) => {
      const row = one.get(id);
      return row && entryIn(row);
    },
    prune: (before) => void forget.run(before, mostEntries),
  };
};
