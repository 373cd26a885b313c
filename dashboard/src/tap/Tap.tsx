/** Requests and connections as they happen, by the same conditions as records are searched by; and what is asked most of them. */
import './tap.css';
import type { StoredRecord } from '@weft/signals';
import { useMemo, useState } from 'react';
import { at } from '../api/get.ts';
import { ForOperators } from '../kit/ForOperators.tsx';
import { Badge, Page, Panel } from '../kit/parts.tsx';
import { Failed } from '../kit/states.tsx';
import { type Column, Table } from '../kit/Table.tsx';
import { asFlags, recordQuery } from '../security/access/asked.ts';
import { Conditions, useAsked } from '../security/access/Conditions.tsx';
import { recordColumns } from '../security/access/columns.tsx';
import { Details } from './Details.tsx';
import { Most } from './Most.tsx';
import { mostKept, useTap } from './tapped.ts';

const told = (count: number, dropped: number): string =>
  dropped > 0 ? `the newest ${mostKept}; ${dropped} older ones are not shown any more` : `${count} so far`;

/** There is no room for it beside the others, and each record says it. */
const narrow = recordColumns.filter(({ id }) => id !== 'because');

const showColumn = (choose: (row: StoredRecord) => void): Column<StoredRecord> => ({
  id: 'details',
  name: 'Details',
  value: () => '',
  cell: (row) => (
    <button type="button" className="button plain whole" onClick={() => choose(row)}>
      Show
    </button>
  ),
});

const Tapping = () => {
  const asked = useAsked();
  const query = recordQuery(asked);
  const [isRunning, run] = useState(true);
  const [chosen, choose] = useState<StoredRecord>();
  const { records, dropped, error, clear } = useTap(query, isRunning);
  const columns = useMemo(() => [...narrow, showColumn(choose)], []);
  return (
    <Page
      title="Live requests"
      command={`npx weft tap ${asFlags(asked)}`}
      call={at('/records/follow', query)}
      tools={
        <>
          <Badge tone={isRunning ? 'good' : 'plain'}>{isRunning ? 'running' : 'paused'}</Badge>
          <button type="button" className="button primary" onClick={() => run(!isRunning)}>
            {isRunning ? 'Pause' : 'Start'}
          </button>
          <button type="button" className="button" onClick={clear}>
            Clear
          </button>
        </>
      }
    >
      <Conditions />
      {error !== undefined && <Failed error={error} />}
      {chosen && <Details of={chosen} onClose={() => choose(undefined)} />}
      <div className="tap">
        <Panel title="What comes" tools={<span className="soft">{told(records.length, dropped)}</span>}>
          <Table
            name="Live requests"
            rows={records}
            columns={columns}
            keyOf={({ id }) => String(id)}
            empty={isRunning ? 'Waiting for the next request …' : 'Nothing came before it was paused.'}
          />
        </Panel>
        <Most records={records} />
      </div>
    </Page>
  );
};

export const Tap = () => (
  <ForOperators what="Live requests" title="Live requests">
    <Tapping />
  </ForOperators>
);
