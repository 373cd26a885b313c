/** Answers and sockets that go on: whoever may not come in any more does not stay in either. */
import type { Access, Caller } from '../access/access.ts';

export interface StandingCalls {
  /** @param end is called when the caller's time is over. @returns to be called when the call is over */
  add(caller: Caller, end: () => void): () => void;
  stop(): void;
}

const lookMs = 2000;

export const standingCalls = (access: Access): StandingCalls => {
  const open = new Map<symbol, { readonly caller: Caller; readonly end: () => void }>();
  const look = setInterval(() => {
    for (const { caller, end } of open.values()) if (!access.isIn(caller)) end();
  }, lookMs);
  look.unref();
  return {
    add: (caller, end) => {
      const key = Symbol(caller.user);
      open.set(key, { caller, end });
      return () => void open.delete(key);
    },
    stop: () => clearInterval(look),
  };
};
