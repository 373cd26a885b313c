/** What changed, the newest first, each with where to read on. */
import { Link } from '@tanstack/react-router';
import type { ChangeKind, MeshChange } from '@weft/model';
import { Badge, type Tone } from '../kit/parts.tsx';
import { Answer, Empty } from '../kit/states.tsx';
import { moment } from '../kit/words.ts';
import { type Around, useChanges } from './changes.ts';

const tones: Readonly<Record<ChangeKind, Tone>> = {
  configuration: 'info',
  rollout: 'info',
  restart: 'warn',
  alert: 'warn',
  certificate: 'plain',
  weftd: 'plain',
};

const placeOf = ({ kind, revision, namespace, workload }: MeshChange): string | undefined => {
  if (revision !== undefined) return `/history/${revision}`;
  if (kind === 'alert') return '/alerts';
  return namespace && workload ? `/workloads/${namespace}/${workload}` : undefined;
};

const Line = ({ change }: { readonly change: MeshChange }) => {
  const place = placeOf(change);
  const { at, kind, words, by } = change;
  return (
    <li>
      <time className="soft" dateTime={new Date(at).toISOString()}>
        {moment(at)}
      </time>{' '}
      <Badge tone={tones[kind]}>{kind}</Badge> {place ? <Link to={place as never}>{words}</Link> : words}
      {by && <span className="soft"> by {by}</span>}
    </li>
  );
};

/** @param shown at most so many; all unless it is said */
export const ChangeList = ({ around, shown }: { readonly around: Around; readonly shown?: number }) => (
  <Answer of={useChanges(around)} loading="Looking what changed">
    {({ items, more }) => {
      if (items.length === 0) return <Empty>Nothing changed in this time.</Empty>;
      const newest = items.toReversed().slice(0, shown);
      return (
        <ol className="lines">
          {newest.map((change) => (
            <Line key={`${change.at} ${change.kind} ${change.words}`} change={change} />
          ))}
          {(more || newest.length < items.length) && <li className="soft">and more before</li>}
        </ol>
      );
    }}
  </Answer>
);
