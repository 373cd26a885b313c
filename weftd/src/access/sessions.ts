/** Logins of browsers: a secret in a cookie, of which only a proof is kept, on disk, so that a restart logs nobody out. */
import { createHash } from 'node:crypto';
import type { CameBy, PersonRole } from '@weft/model';
import { newSecret, proofOf, type RandomBytes } from './secret.ts';

export interface Session {
  readonly user: string;
  readonly role: PersonRole;
  readonly how: Exclude<CameBy, 'socket'>;
  /** Name of the token that it was opened with: it ends with it. */
  readonly token?: string;
  /** Unix milliseconds. */
  readonly opened: number;
  readonly used: number;
}

/** By proof of the secret; undefined: it is over. */
export type SessionChanges = ReadonlyMap<string, Session | undefined>;

export interface OpenSession extends Session {
  readonly proof: string;
  readonly csrf: string;
  readonly expires: number;
}

export interface Sessions {
  open(session: Pick<Session, 'user' | 'role' | 'how' | 'token'>): Promise<{ readonly secret: string; readonly session: OpenSession }>;
  /** Undefined: it never was, or is over. */
  of(secret: string): OpenSession | undefined;
  /** As it is now. Undefined: it is over. */
  current(session: OpenSession): OpenSession | undefined;
  /** It was used. */
  touch(session: OpenSession): void;
  end(which: (session: Session, proof: string) => boolean): Promise<void>;
}

const hour = 3_600_000;
/** A working day with its night may pass between two looks; nobody stays longer than a week. */
export const longestIdle = 24 * hour;
export const longestSession = 7 * 24 * hour;
/** So often is it written down that a session was used. */
const usedEvery = 5 * 60_000;

interface SessionsInput {
  readonly kept: ReadonlyMap<string, Session>;
  /** Durable when it resolves. */
  readonly keep: (changes: SessionChanges) => Promise<void>;
  readonly now: () => number;
  readonly random: RandomBytes;
}

const expiryOf = ({ opened, used }: Session): number => Math.min(opened + longestSession, used + longestIdle);

/** Follows from the secret, so that it need not be kept, and does not lead back to it. */
const csrfOf = (secret: string): string => createHash('sha256').update(`csrf ${secret}`).digest('base64url');

export const sessionsIn = ({ kept, keep, now, random }: SessionsInput): Sessions => {
  const sessions = new Map(kept);
  const change = (changes: SessionChanges): Promise<void> => {
    for (const [proof, session] of changes) {
      if (session) sessions.set(proof, session);
      else sessions.delete(proof);
    }
    return changes.size === 0 ? Promise.resolve() : keep(changes);
  };
  const over = (): [string, undefined][] => [...sessions].filter(([, one]) => expiryOf(one) <= now()).map(([proof]) => [proof, undefined]);
  const opened = (secret: string, proof: string, session: Session): OpenSession => ({
    ...session,
    proof,
    csrf: csrfOf(secret),
    expires: expiryOf(session),
  });
  return {
    open: async (asked) => {
      const secret = newSecret(random);
      const proof = proofOf(secret);
      const session = { ...asked, opened: now(), used: now() };
      await change(new Map<string, Session | undefined>([...over(), [proof, session]]));
      return { secret, session: opened(secret, proof, session) };
    },
    of: (secret) => {
      const proof = proofOf(secret);
      const session = sessions.get(proof);
      return session && expiryOf(session) > now() ? opened(secret, proof, session) : undefined;
    },
    current: ({ proof, csrf }) => {
      const session = sessions.get(proof);
      return session && expiryOf(session) > now() ? { ...session, proof, csrf, expires: expiryOf(session) } : undefined;
    },
    touch: ({ proof }) => {
      const session = sessions.get(proof);
      if (!session || now() - session.used < usedEvery) return;
      // What the disk does not take is taken at the next use.
      change(new Map([[proof, { ...session, used: now() }]])).catch(() => {});
    },
    end: (which) => change(new Map([...sessions].filter(([proof, session]) => which(session, proof)).map(([proof]) => [proof, undefined]))),
  };
};
