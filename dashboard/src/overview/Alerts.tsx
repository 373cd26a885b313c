import { Link } from '@tanstack/react-router';
import type { AlertsStatus } from '@weft/model';
import { useAsk } from '../api/ask.ts';
import { Badge, Panel } from '../kit/parts.tsx';
import { Answer } from '../kit/states.tsx';
import { ago } from '../kit/words.ts';

/** More are on their own page. */
const shown = 6;

/** What fires, the newest first; what is about to, behind it. */
export const Alerts = () => {
  const alerts = useAsk<AlertsStatus>({ path: '/alerts', topics: ['alerts'] });
  return (
    <Panel title={<Link to="/alerts">Alerts</Link>}>
      <Answer of={alerts} loading="Looking for alerts">
        {({ items }) => {
          const open = items
            .filter(({ state }) => state !== 'resolved')
            .toSorted((a, b) => a.state.localeCompare(b.state) || b.since - a.since);
          if (open.length === 0) return <p className="good">Nothing fires.</p>;
          return (
            <ul className="lines">
              {open.slice(0, shown).map(({ id, name, state, since, summary, muted }) => (
                <li key={id}>
                  <Badge tone={state === 'firing' ? 'bad' : 'warn'}>{muted ? `${state}, muted` : state}</Badge> <strong>{name}</strong>{' '}
                  {summary} <span className="soft">{ago(since)}</span>
                </li>
              ))}
              {open.length > shown && <li className="soft">and {open.length - shown} more</li>}
            </ul>
          );
        }}
      </Answer>
    </Panel>
  );
};
