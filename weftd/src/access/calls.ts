/** What of access is kept in the store, by the thread that has it. */
import type { Store } from '../store/store.ts';
import type { Session, SessionChanges } from './sessions.ts';

export interface AccessCalls {
  keptSessions(): ReadonlyMap<string, Session>;
  /** Durable when it is answered. */
  keepSessions(changes: SessionChanges): void;
}

export const accessCalls = ({ sessions }: Pick<Store, 'sessions'>): AccessCalls => ({
  keptSessions: () => sessions.all(),
  keepSessions: (changes) => {
    const next = new Map(sessions.all());
    for (const [proof, session] of changes) {
      if (session) next.set(proof, session);
      else next.delete(proof);
    }
    sessions.replace(next);
  },
});
