/** By a one-time link, by a token, or at the provider that the mesh trusts. */
import './login.css';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { login, useSession } from '../api/session.ts';
import { Failed } from '../kit/states.tsx';

/** Only to places of this console: a link must not lead a person who just logged in elsewhere. */
const placeOf = (next: unknown): string => (typeof next === 'string' && /^\/(?![/\\])/.test(next) ? next : '/');

const ticketIn = (hash: string): string | undefined => /(?:^#|&)ticket=([\w-]+)/.exec(hash)?.[1];

/** Where the browser goes: at the provider, and back here with a session. */
const Providers = () => {
  const { data } = useSession();
  return (data?.methods ?? []).flatMap(({ title, start }) =>
    start ? (
      <a key={start} className="button primary" href={start}>
        {title}
      </a>
    ) : (
      []
    ),
  );
};

export const Login = () => {
  const navigate = useNavigate();
  const { next } = useSearch({ strict: false }) as { next?: unknown };
  const [token, setToken] = useState('');
  const [error, setError] = useState<unknown>();
  const tried = useRef(false);
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
      <Providers />
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
