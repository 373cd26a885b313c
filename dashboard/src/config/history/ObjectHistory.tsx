/** What happened to one object: who changed it when, and how; the last change can be taken back. */
import type { History, ObjectRef, RevisionDetails } from '@weft/model';
import { refKey } from '@weft/model';
import { useState } from 'react';
import { useAsk } from '../../api/ask.ts';
import { Panel } from '../../kit/parts.tsx';
import { Answer, Empty } from '../../kit/states.tsx';
import { Undo } from '../change/Undo.tsx';
import { Differences } from './Differences.tsx';
import { Revisions } from './Revisions.tsx';

const One = ({ revision, of }: { readonly revision: number; readonly of: ObjectRef }) => {
  const details = useAsk<RevisionDetails>({ path: `/history/${revision}`, topics: [] });
  return (
    <Answer of={details} loading="Asking for the revision">
      {({ changes }) => <Differences changes={changes.filter(({ ref }) => refKey(ref) === refKey(of))} />}
    </Answer>
  );
};

export const ObjectHistory = ({ of }: { readonly of: ObjectRef }) => {
  const { kind, namespace, name } = of;
  const [chosen, setChosen] = useState<number>();
  const history = useAsk<History>({ path: '/history', query: { kind, namespace, name, limit: 50 }, topics: ['resources'] });
  return (
    <Panel title="History">
      <Answer of={history} loading="Asking for its history">
        {({ items }) => {
          const shown = chosen ?? items[0]?.revision;
          if (shown === undefined) return <Empty>It was not changed for as long as history is kept.</Empty>;
          return (
            <>
              <Revisions name={`History of ${kind} ${name}`} items={items} />
              <div className="row">
                <label className="row">
                  What changed in revision
                  <select value={shown} onChange={({ target }) => setChosen(Number(target.value))}>
                    {items.map(({ revision }) => (
                      <option key={revision}>{revision}</option>
                    ))}
                  </select>
                </label>
                <Undo revision={shown} />
              </div>
              <One revision={shown} of={of} />
            </>
          );
        }}
      </Answer>
    </Panel>
  );
};
