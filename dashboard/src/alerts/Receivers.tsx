/** Who is told, and how telling them goes; an operator may try it. */
import type { ReceiverStatus, ReceiverTest } from '@weft/model';
import { useState } from 'react';
import { send } from '../api/get.ts';
import { useMay } from '../api/session.ts';
import { Badge, Panel } from '../kit/parts.tsx';
import { type Column, Table } from '../kit/Table.tsx';
import { ago, duration } from '../kit/words.ts';

const State = ({ failing, remark }: ReceiverStatus) => {
  if (failing)
    return (
      <>
        <Badge tone="bad">failed {failing.failures} times</Badge> {failing.reason}, again in{' '}
        {duration(Math.max(0, failing.retryAt - Date.now()))}
      </>
    );
  return remark === undefined ? <Badge tone="good">well</Badge> : <Badge tone="warn">{remark}</Badge>;
};

/** What came of trying, in words. */
const tried = async (name: string): Promise<string> => {
  const result = await send<ReceiverTest>('/receivers/test', { name }).catch((error: Error) => ({
    told: false as const,
    reason: error.message,
  }));
  if (!result.told) return `could not be told: ${result.reason}`;
  return `was told of an alert that is none, and of its end${result.remark === undefined ? '' : `; ${result.remark}`}`;
};

const Test = ({ name }: { readonly name: string }) => {
  const [answer, setAnswer] = useState('');
  return (
    <>
      <button type="button" className="button" onClick={() => void tried(name).then(setAnswer)}>
        Test
      </button>{' '}
      <span role="status">{answer}</span>
    </>
  );
};

const columns: readonly Column<ReceiverStatus>[] = [
  { id: 'name', name: 'Receiver', value: ({ name }) => name },
  { id: 'told', name: 'Told', number: true, value: ({ told }) => told },
  {
    id: 'last',
    name: 'Last',
    value: ({ lastToldAt }) => lastToldAt && new Date(lastToldAt).toISOString(),
    cell: ({ lastToldAt }) => (lastToldAt === undefined ? 'never' : ago(lastToldAt)),
  },
  {
    id: 'state',
    name: 'Telling goes',
    value: ({ failing, remark }) => failing?.reason ?? remark ?? 'well',
    cell: (row) => <State {...row} />,
  },
];

const tests: Column<ReceiverStatus> = { id: 'test', name: 'Try', value: () => '', cell: ({ name }) => <Test name={name} /> };

export const Receivers = ({ receivers }: { readonly receivers: readonly ReceiverStatus[] }) => {
  const mayTry = useMay('operator');
  return (
    <Panel title="Receivers">
      <Table
        name="Receivers"
        rows={receivers}
        columns={mayTry ? [...columns, tests] : columns}
        keyOf={({ name }) => name}
        empty="Nobody is told of alerts: there is no AlertRoute."
      />
    </Panel>
  );
};
