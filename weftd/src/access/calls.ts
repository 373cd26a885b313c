/** What of access is kept in the store, by the thread that has it. */
import type { AuditEntry, AuditSearch } from '@weft/model';
import type { Store } from '../store/store.ts';
import type { Session, SessionChanges } from './sessions.ts';
import type { KeptToken, TokenChange } from './tokens.ts';

export interface AccessCalls {
  keptSessions(): ReadonlyMap<string, Session>;
  /** Durable when it is answered. */
  keepSessions(changes: SessionChanges): void;
  keptTokens(): ReadonlyMap<string, KeptToken>;
  keepToken(change: TokenChange): void;
  note(entry: Omit<AuditEntry, 'id'>): void;
  audited(search: AuditSearch & { readonly limit: number }): readonly AuditEntry[];
  auditEntry(id: number): AuditEntry | undefined;
}

/** Of a table: these are otherwise, or gone. */
const changed = <Value>(all: ReadonlyMap<string, Value>, changes: Iterable<readonly [string, Value | undefined]>): Map<string, Value> => {
  const next = new Map(all);
  for (const [name, value] of changes) {
    if (value) next.set(name, value);
    else next.delete(name);
  }
  return next;
};

export const accessCalls = ({ sessions, tokens, audit }: Pick<Store, 'sessions' | 'tokens' | 'audit'>): AccessCalls => ({
  keptSessions: () => sessions.all(),
  keepSessions: (changes) => sessions.replace(changed(sessions.all(), changes)),
  keptTokens: () => tokens.all(),
  keepToken: (change) => tokens.replace(changed(tokens.all(), [change])),
  note: (entry) => audit.add(entry),
  audited: (search) => audit.list(search),
  auditEntry: (id) => audit.entry(id),
});
