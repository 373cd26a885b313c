/** Who is told nothing of what, until when. */
import './alerts.css';
import type { AlertsStatus, SilenceStatus } from '@weft/model';
import { useState } from 'react';
import { stale, useAsk } from '../api/ask.ts';
import { send } from '../api/get.ts';
import { isSession, useMay, useSession } from '../api/session.ts';
import { Badge, Page, Panel } from '../kit/parts.tsx';
import { Answer, Empty, Failed } from '../kit/states.tsx';
import { type Column, Table } from '../kit/Table.tsx';
import { moment } from '../kit/words.ts';
import { writeMatchers } from './matchers.ts';
import { AlertPlaces } from './places.tsx';
import { SilenceForm } from './SilenceForm.tsx';

const stateOf = ({ from, to }: SilenceStatus): string => (Date.now() < from ? 'to come' : Date.now() < to ? 'in force' : 'over');

const columns: readonly Column<SilenceStatus>[] = [
  {
    id: 'state',
    name: 'State',
    value: stateOf,
    cell: (one) => <Badge tone={stateOf(one) === 'in force' ? 'info' : 'plain'}>{stateOf(one)}</Badge>,
  },
  {
    id: 'matchers',
    name: 'Mutes',
    value: ({ matchers }) => writeMatchers(matchers),
    cell: ({ matchers }) => <code>{writeMatchers(matchers)}</code>,
  },
  { id: 'to', name: 'Until', value: ({ to }) => new Date(to).toISOString(), cell: ({ to }) => moment(to) },
  { id: 'by', name: 'By', value: ({ by }) => by },
  { id: 'comment', name: 'Because', value: ({ comment }) => comment },
];

const End = ({ id }: { readonly id: string }) => {
  const [error, setError] = useState<unknown>();
  const end = async (): Promise<void> => {
    await send(`/silences/${encodeURIComponent(id)}`, undefined, 'DELETE').catch(setError);
    await stale(['alerts']);
  };
  return (
    <>
      <button type="button" className="button danger" onClick={() => void end()}>
        End
      </button>
      {error !== undefined && <Failed error={error} />}
    </>
  );
};

export const Silences = () => {
  const { data: session } = useSession();
  const silences = useAsk<{ items: readonly SilenceStatus[] }>({ path: '/silences', topics: ['alerts'] });
  const alerts = useAsk<AlertsStatus>({ path: '/alerts', topics: ['alerts'] });
  const isOperator = useMay('operator');
  const ends: Column<SilenceStatus> = { id: 'end', name: 'End', value: () => '', cell: ({ id }) => <End id={id} /> };
  return (
    <Page title="Silences" command="npx weft alerts silences" call="/silences">
      <AlertPlaces />
      {isOperator && session && isSession(session) ? (
        <SilenceForm by={session.user} alerts={alerts.data?.items ?? []} />
      ) : (
        <Empty>An operator or administrator may silence alerts; a viewer sees which are.</Empty>
      )}
      <Panel title="Silences">
        <Answer of={silences} loading="Looking for silences">
          {({ items }) => (
            <Table
              name="Silences"
              rows={items}
              columns={isOperator ? [...columns, ends] : columns}
              keyOf={({ id }) => id}
              empty="Nothing is silenced."
            />
          )}
        </Answer>
      </Panel>
    </Page>
  );
};
