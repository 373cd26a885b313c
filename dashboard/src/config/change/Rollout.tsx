/** Is the change live everywhere? And the way back. */

import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import { type LiveTopic, type ObjectRef, refKey, type WaitResult } from '@weft/model';
import { at, get } from '../../api/get.ts';
import { Badge, Panel } from '../../kit/parts.tsx';
import { Answer } from '../../kit/states.tsx';
import { ObjectLink } from '../objects.tsx';
import { Undo } from './Undo.tsx';

const heeded = new Set([
  'ServiceLevelObjective',
  'AlertRule',
  'AlertRoute',
  'Saturation',
  'Namespace',
  'Pod',
  'Deployment',
  'ServiceAccount',
]);

const longestMs = 60_000;

interface Change {
  readonly of: ObjectRef;
  readonly revision: number;
}

/**
 * How far it is, asked again whenever a proxy acknowledges something; and the answer of who waits for the end, which comes even if no
 * news of it does. Both belong to this revision: what was said of an earlier one says nothing.
 */
const useArrival = ({ of: { kind, name, namespace }, revision }: Change, condition: string): UseQueryResult<WaitResult> => {
  const ask = (timeoutMs: number, topics: readonly LiveTopic[]) => {
    const path = at('/wait', { for: condition, kind, name, namespace, timeoutMs });
    return {
      queryKey: ['arrival', revision, path],
      queryFn: ({ signal }: { signal: AbortSignal }) => get<WaitResult>(path, signal),
      meta: { topics },
    };
  };
  const now = useQuery<WaitResult>(ask(0, ['proxies', 'resources']));
  const end = useQuery<WaitResult>(ask(longestMs, []));
  return end.data?.applied ? end : now;
};

const Progress = ({ of, revision }: Change) => {
  const told = !heeded.has(of.kind);
  const asked = useArrival({ of, revision }, told ? 'programmed' : 'accepted');
  return (
    <Answer of={asked} loading="Asking the proxies">
      {({ condition, pending, revision: seen }) => (
        <div className="stack">
          <p className="row" role="status">
            <Badge tone={condition?.status === 'True' ? 'good' : condition?.status === 'Unknown' ? 'plain' : 'warn'}>
              {condition?.status === 'True'
                ? told
                  ? 'live everywhere'
                  : 'in force'
                : condition?.status === 'Unknown'
                  ? 'no proxy needs it'
                  : 'on its way'}
            </Badge>
            <ObjectLink of={of} /> <span className="soft">revision {Math.max(seen, revision)}</span> {condition?.message}
          </p>
          {pending.length > 0 && <p className="soft">Still without it: {pending.join(', ')}</p>}
        </div>
      )}
    </Answer>
  );
};

export interface RolloutProps {
  readonly revision: number;
  readonly refs: readonly ObjectRef[];
  readonly onDone: () => void;
}

export const Rollout = ({ revision, refs, onDone }: RolloutProps) => (
  <Panel
    title={`Applied as revision ${revision}`}
    tools={
      <>
        <Undo revision={revision} onDone={onDone} />
        <button type="button" className="button primary" onClick={onDone}>
          Done
        </button>
      </>
    }
  >
    <h3>Is it live everywhere?</h3>
    {refs.map((ref) => (
      <Progress key={refKey(ref)} of={ref} revision={revision} />
    ))}
  </Panel>
);
