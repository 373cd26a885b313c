/** Who is logged in, and how one could be. */
import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import { answers } from './ask.ts';
import { get, Refused, send, setCsrf } from './get.ts';

export type Role = 'viewer' | 'operator' | 'admin';

export interface Session {
  readonly user: string;
  readonly role: Role;
  readonly csrf: string;
}

const key = ['session'] as const;

const read = async (): Promise<Session | null> => {
  try {
    const session = await get<Session>('/session');
    setCsrf(session.csrf);
    return session;
  } catch (error) {
    if (error instanceof Refused && error.status === 401) return null;
    // A weftd without sessions lets in whoever has its token.
    if (error instanceof Refused && error.status === 404) return { user: 'admin', role: 'admin', csrf: '' };
    throw error;
  }
};

/** `null`: nobody is. */
export const useSession = (): UseQueryResult<Session | null> => useQuery({ queryKey: key, queryFn: read });

/** By a one-time link's ticket, or by a token. @throws Refused in weftd's words */
export const login = async (proof: { readonly ticket: string } | { readonly token: string }): Promise<void> => {
  await send('/login', proof);
  await answers.invalidateQueries();
};

export const logout = async (): Promise<void> => {
  await send('/logout');
  answers.clear();
  window.location.assign('/login');
};

/** `viewer` looks, `operator` also acts on what runs, `admin` also changes the configuration. */
const roles: readonly Role[] = ['viewer', 'operator', 'admin'];

export const mayAs = (role: Role | undefined, needed: Role): boolean => role !== undefined && roles.indexOf(role) >= roles.indexOf(needed);
