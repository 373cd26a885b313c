/** Is the change live everywhere? And the way back. */
import { type ObjectRef, refKey, type WaitResult } from '@weft/model';
import { useAsk } from '../../api/ask.ts';
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

/** Asked again whenever a proxy acknowledges something. */
const Progress = ({ of, revision }: { readonly of: ObjectRef; readonly revision: number }) => {
  const told = !heeded.has(of.kind);
  const { kind, name, namespace } = of;
  const asked = useAsk<WaitResult>({
    path: '/wait',
    query: { for: told ? 'programmed' : 'accepted', kind, name, namespace, timeoutMs: 0 },
    topics: ['proxies', 'resources'],
  });
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
