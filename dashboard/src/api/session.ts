/** Who is logged in, and how one could be. */
import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import { type LoginRequest, mayAs, type NoSession, type PersonRole, type SessionStatus } from '@weft/model';
import { forgetDrafts } from '../config/change/draft.ts';
import { answers } from './ask.ts';
import { get, Refused, send, setCsrf, whenStranger } from './get.ts';

const read = async (): Promise<SessionStatus | NoSession> => {
  try {
    const session = await get<SessionStatus>('/session');
    setCsrf(session.csrf ?? '');
    return session;
  } catch (error) {
    if (error instanceof Refused && error.status === 401) return error.body as NoSession;
    throw error;
  }
};

export const isSession = (session: SessionStatus | NoSession): session is SessionStatus => 'user' in session;

const sessionKey = ['session'];

/** Who is logged in is asked for anew: the session may be over, or another. */
export const askWho = (): Promise<void> => answers.invalidateQueries({ queryKey: sessionKey });

whenStranger(() => void askWho());

export const useSession = (): UseQueryResult<SessionStatus | NoSession> => useQuery({ queryKey: sessionKey, queryFn: read });

/** Whether who is logged in may do what needs this role; weftd decides, this spares a refusal. */
export const useMay = (needed: PersonRole): boolean => {
  const { data } = useSession();
  return data !== undefined && isSession(data) && mayAs(data.role, needed);
};

/** By a one-time link's ticket, or by a token. @throws Refused in weftd's words */
export const login = async (proof: LoginRequest): Promise<void> => {
  await send('/login', proof);
  answers.clear();
};

export const logout = async (): Promise<void> => {
  await send('/logout');
  forgetDrafts(sessionStorage);
  answers.clear();
  window.location.assign('/login');
};
