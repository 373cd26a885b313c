/** One alert: what, about whom, why, since when, and who is told. A card, so that a telephone shows it whole. */
import { Link } from '@tanstack/react-router';
import type { AlertStatus } from '@weft/model';
import { Badge } from '../kit/parts.tsx';
import { ago, moment } from '../kit/words.ts';
import { matchersFor } from './matchers.ts';
import { aboutOf, labelsOf, toneOf } from './words.ts';

const TheObjective = ({ labels: { namespace, objective } }: AlertStatus) =>
  namespace !== undefined && objective !== undefined ? (
    <Link to={`/alerts/objectives/${namespace}/${objective}` as string}>the objective and who burns it</Link>
  ) : null;

const Muted = ({ muted }: Pick<AlertStatus, 'muted'>) =>
  muted ? <Badge tone="info">{muted.by === 'silence' ? 'silenced' : 'another alert explains it'}</Badge> : null;

export const AlertCard = (alert: AlertStatus) => {
  const { name, state, since, labels, summary, reason, muted, receivers } = alert;
  return (
    <li className="alert" data-state={state}>
      <header>
        <Badge tone={toneOf[state]}>{state}</Badge>
        {labels['severity'] !== undefined && <Badge>{labels['severity']}</Badge>}
        <Muted {...(muted && { muted })} />
        <h3>
          {name} <span className="soft">{aboutOf(alert)}</span>
        </h3>
      </header>
      <p>{summary}</p>
      <p className="soft">
        {reason} · since <time dateTime={new Date(since).toISOString()}>{moment(since)}</time> ({ago(since)})
      </p>
      <ul className="labels" aria-label="Labels">
        {labelsOf(alert).map(([label, value]) => (
          <li key={label}>
            {label}={value}
          </li>
        ))}
      </ul>
      <div className="tools">
        <span className="soft">
          {receivers.length === 0 ? 'No AlertRoute hears of it: nobody is told.' : `Told to ${receivers.join(', ')}`}
        </span>
        <TheObjective {...alert} />
        {!muted && state !== 'resolved' && (
          <Link to={'/alerts/silences' as string} search={{ match: matchersFor(alert) } as never}>
            Silence
          </Link>
        )}
      </div>
    </li>
  );
};
