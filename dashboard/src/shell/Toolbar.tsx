/** What all pages are asked by: namespace and span of time; how old what is seen is; theme and session. */
import { Moon, Sun } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useAsk } from '../api/ask.ts';
import { isSession, logout, useSession } from '../api/session.ts';
import { useConnection } from '../api/stream.ts';
import { Badge } from '../kit/parts.tsx';
import { ago, moment } from '../kit/words.ts';
import { choose, useTheme } from './theme.ts';
import { useSetSearch, useShared } from './time.ts';

const spans = ['5m', '15m', '1h', '6h', '24h', '7d', '30d'];

const Namespace = () => {
  const { ns } = useShared();
  const set = useSetSearch();
  const { data } = useAsk<{ items: readonly { namespace: string }[] }>({ path: '/workloads', topics: ['workloads'] });
  const names = [...new Set([...(data?.items ?? []).map(({ namespace }) => namespace), ...(ns ? [ns] : [])])].sort();
  return (
    <label>
      <span className="visually-hidden">Namespace</span>
      <select value={ns ?? ''} onChange={({ target }) => set({ ns: target.value || undefined })}>
        <option value="">all namespaces</option>
        {names.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </label>
  );
};

const TimeSpan = () => {
  const { since = '1h', from, to, at } = useShared();
  const set = useSetSearch();
  const isFixed = (from !== undefined && to !== undefined) || at !== undefined;
  const fixed = from !== undefined && to !== undefined ? `${moment(from)} – ${moment(to)}` : at !== undefined ? `at ${moment(at)}` : '';
  return (
    <label>
      <span className="visually-hidden">Time</span>
      <select
        value={isFixed ? 'fixed' : since}
        onChange={({ target }) => set({ since: target.value, from: undefined, to: undefined, at: undefined })}
      >
        {isFixed && <option value="fixed">{fixed}</option>}
        {spans.map((span) => (
          <option key={span} value={span}>
            last {span}
          </option>
        ))}
      </select>
    </label>
  );
};

/** Told with its age when it is not live: what is seen may be over. */
const Freshness = () => {
  const { state, seen } = useConnection();
  const { at } = useShared();
  const set = useSetSearch();
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 5_000);
    return () => clearInterval(timer);
  }, []);
  if (at !== undefined)
    return (
      <button type="button" className="button" onClick={() => set({ at: undefined })}>
        <Badge tone="info">{moment(at)}</Badge> back to now
      </button>
    );
  return (
    <span role="status">
      {state === 'live' ? (
        <Badge tone="good">live</Badge>
      ) : (
        <Badge tone="warn">{state === 'connecting' ? 'connecting' : `not connected, as of ${ago(seen, now)}`}</Badge>
      )}
    </span>
  );
};

const ThemeSwitch = () => {
  const theme = useTheme();
  const other = theme === 'dark' ? 'light' : 'dark';
  return (
    <button type="button" className="button plain" aria-label={`${other} theme`} onClick={() => choose(other)}>
      {theme === 'dark' ? <Sun size={18} aria-hidden="true" /> : <Moon size={18} aria-hidden="true" />}
    </button>
  );
};

const Who = () => {
  const { data: session } = useSession();
  if (!session || !isSession(session)) return null;
  return (
    <span className="row">
      <span className="soft" title={`until ${session.expires ? moment(session.expires) : 'it is ended'}`}>
        {session.user === session.role ? session.user : `${session.user} (${session.role})`}
      </span>
      <button type="button" className="button plain" onClick={() => void logout()}>
        Log out
      </button>
    </span>
  );
};

export const Toolbar = () => (
  <div className="toolbar">
    <Freshness />
    <Namespace />
    <TimeSpan />
    <ThemeSwitch />
    <Who />
  </div>
);
