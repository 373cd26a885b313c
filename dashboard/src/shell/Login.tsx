/** By a one-time link, by a token, or at the provider that the mesh trusts. */
import './login.css';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { LoginMethod, NoSession, SessionStatus } from '@weft/model';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { Refused } from '../api/get.ts';
import { isSession, login, useSession } from '../api/session.ts';
import { Failed } from '../kit/states.tsx';

/** Only to places of this console, as the browser reads it: a link must not lead a person who just logged in elsewhere. */
const placeOf = (next: unknown): string => {
  const { origin } = window.location;
  if (typeof next !== 'string' || !next.startsWith('/') || !URL.canParse(next, origin)) return '/';
  const { origin: its, pathname, search, hash } = new URL(next, origin);
  return its === origin && !pathname.startsWith('//') ? `${pathname}${search}${hash}` : '/';
};

const ticketIn = (hash: string): string | undefined => /(?:^#|&)ticket=([\w-]+)/.exec(hash)?.[1];

/** Where the browser goes: at the provider, and back here with a session. */
const Provider = ({ method: { title, start, fault }, next }: { readonly method: LoginMethod; readonly next: string }) => {
  if (fault !== undefined)
    return (
      <p className="note" data-tone="warn">
        {title}: {fault}.
      </p>
    );
  if (start === undefined) return null;
  return (
    <a className="button primary" href={`${start}?next=${encodeURIComponent(next)}`}>
      {title}
    </a>
  );
};

/** What the provider's way came to, for those who came back from it. */
const refusedIn = (session: SessionStatus | NoSession | undefined): string | undefined =>
  session && !isSession(session) ? session.refused : undefined;

export const Login = () => {
  const navigate = useNavigate();
  const { next } = useSearch({ strict: false }) as { next?: unknown };
  const [token, setToken] = useState('');
  const [error, setError] = useState<unknown>();
  const tried = useRef(false);
  const { data } = useSession();
  const refused = refusedIn(data);
  const enter = async (proof: Parameters<typeof login>[0]): Promise<void> => {
    try {
      await login(proof);
      window.location.replace(placeOf(next));
    } catch (reason) {
      setError(reason);
    }
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: a ticket is good once, so it is tried once
  useEffect(() => {
    const ticket = ticketIn(window.location.hash);
    if (!ticket || tried.current) return;
    tried.current = true;
    // Out of the address bar and the history, before anything else.
    void navigate({ to: '/login', search: { next } as never, hash: '', replace: true });
    void enter({ ticket });
  }, []);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void enter({ token: token.trim() });
  };
  return (
    <main className="login stack">
      <h1>
        <img src="/weft.svg" alt="" width="32" height="32" /> Weft
      </h1>
      <p>
        Run <code>npx weft dashboard</code> where the mesh runs: it opens this console with a link that is good once.
      </p>
      {error !== undefined && <Failed error={error} />}
      {refused !== undefined && error === undefined && <Failed error={new Refused(401, { error: refused })} />}
      {data?.methods.map((method) => (
        <Provider key={method.kind} method={method} next={placeOf(next)} />
      ))}
      <form className="stack" onSubmit={submit}>
        <label className="stack">
          Or a token (<code>npx weft token</code>)
          <input type="password" autoComplete="current-password" required value={token} onChange={({ target }) => setToken(target.value)} />
        </label>
        <button type="submit" className="button primary">
          Log in
        </button>
      </form>
    </main>
  );
};
