/** Who somebody is, by the token or the cookie that they show. */
import { type AuditEntry, type CameBy, type PersonRole, personRoles, type Role } from '@weft/model';
import type { DesiredThread } from '../desired/thread.ts';
import { resolveBySystem } from '../outbound/guard.ts';
import type { FileRole, FileTokens } from './files.ts';
import { type Oidc, oidcBy } from './oidc.ts';
import { isSame, type RandomBytes } from './secret.ts';
import { type OpenSession, type Sessions, sessionsIn } from './sessions.ts';
import { type Tickets, ticketsBy } from './tickets.ts';
import { type NamedTokens, tokensIn } from './tokens.ts';

/** Who asks. */
export interface Caller {
  readonly user: string;
  readonly role: Role;
  readonly how: CameBy;
  /** Where the browser's cookie proved it. */
  readonly session?: OpenSession;
}

export interface Access {
  readonly sessions: Sessions;
  readonly tickets: Tickets;
  readonly tokens: NamedTokens;
  readonly oidc: Oidc;
  /** Writes down what somebody did. Durable when it resolves. */
  note(entry: Omit<AuditEntry, 'id' | 'at'>): Promise<void>;
  byToken(token: string): Caller | undefined;
  byCookie(secret: string): Caller | undefined;
  /** Whether who was let in would be let in now. To stay is to use the session. */
  isIn(caller: Caller): boolean;
}

/** They are tokens' names too, and nobody else's. */
export const fileNames: Readonly<Record<FileRole, string>> = { admin: 'token', viewer: 'viewer-token', scraper: 'scrape-token' };

const isPersons = (role: Role): role is PersonRole => personRoles.some((one) => one === role);

/** Undefined: it may only be shown by programs. */
export const personOf = ({ user, role }: Caller): { readonly user: string; readonly role: PersonRole } | undefined =>
  isPersons(role) ? { user, role } : undefined;

interface AccessInput {
  readonly desired: Pick<DesiredThread, 'call'>;
  readonly files: FileTokens;
  readonly now: () => number;
  readonly random: RandomBytes;
}

export const openAccess = async ({ desired, files, now, random }: AccessInput): Promise<Access> => {
  const kept = await desired.call('keptSessions');
  const sessions = sessionsIn({ kept, keep: (changes) => desired.call('keepSessions', changes), now, random });
  const keptTokens = await desired.call('keptTokens');
  const tokens = tokensIn({ kept: keptTokens, keep: (change) => desired.call('keepToken', change), now, random });
  const fileRoles = Object.keys(fileNames) as FileRole[];
  const isFile = (name: string): boolean => fileRoles.some((role) => fileNames[role] === name);
  const isGood = (name: string): boolean => isFile(name) || tokens.isValid(name);
  const used = (session: OpenSession | undefined): boolean => {
    if (!session || (session.token !== undefined && !isGood(session.token))) return false;
    sessions.touch(session);
    return true;
  };
  return {
    sessions,
    tokens,
    tickets: ticketsBy({ now, random }),
    oidc: oidcBy({ resolve: resolveBySystem, now }),
    note: (entry) => desired.call('note', { ...entry, at: now() }),
    byToken: (token) => {
      const named = tokens.of(token);
      if (named) return { user: named.name, role: named.role, how: 'token' };
      const [role] = fileRoles.filter((one) => isSame(token, files[one]));
      return role && { user: fileNames[role], role, how: 'token' };
    },
    byCookie: (secret) => {
      const session = sessions.of(secret);
      if (!session || !used(session)) return undefined;
      const { user, role, how } = session;
      return { user, role, how, session };
    },
    isIn: ({ user, how, session }) => (session ? used(sessions.current(session)) : how === 'socket' || isGood(user)),
  };
};
