/** What fires, is about to, or was: why, since when, and who is told. */
import './alerts.css';
import type { AlertsStatus } from '@weft/model';
import { useAsk } from '../api/ask.ts';
import { Page } from '../kit/parts.tsx';
import { Answer, Empty } from '../kit/states.tsx';
import { useShared } from '../shell/time.ts';
import { AlertCard } from './AlertCard.tsx';
import { History } from './History.tsx';
import { AlertPlaces } from './places.tsx';
import { Receivers } from './Receivers.tsx';
import { byUrgency } from './words.ts';

export const Alerts = () => {
  const { ns } = useShared();
  const asked = useAsk<AlertsStatus>({ path: '/alerts', topics: ['alerts'] });
  return (
    <Page title="Alerts" command="npx weft alerts" call="/alerts">
      <AlertPlaces />
      <Answer of={asked} loading="Looking for alerts">
        {({ items, receivers, leftOut = 0 }) => {
          const shown = byUrgency(items.filter(({ labels }) => ns === undefined || labels['namespace'] === ns));
          return (
            <>
              {shown.length === 0 ? (
                <Empty>Nothing fires{ns === undefined ? '' : ` in ${ns}`}, and nothing did lately.</Empty>
              ) : (
                <ul className="alerts">
                  {shown.map((alert) => (
                    <AlertCard key={alert.id} {...alert} />
                  ))}
                </ul>
              )}
              {leftOut > 0 && <p className="note">{leftOut} more are left out: a rule has 500 alerts at most.</p>}
              <Receivers receivers={receivers} />
            </>
          );
        }}
      </Answer>
      <History />
    </Page>
  );
};
