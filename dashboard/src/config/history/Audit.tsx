/** Who did what, also what was refused. */
import { Link, useSearch } from '@tanstack/react-router';
import { type AuditEntry, auditActions } from '@weft/model';
import { useAsk } from '../../api/ask.ts';
import { FindInside } from '../../kit/Find.tsx';
import { ForOperators } from '../../kit/ForOperators.tsx';
import { Badge, Page, Panel } from '../../kit/parts.tsx';
import { Answer } from '../../kit/states.tsx';
import { type Column, Table } from '../../kit/Table.tsx';
import { moment } from '../../kit/words.ts';
import { useSetSearch } from '../../shell/time.ts';
import { Tabs } from '../Tabs.tsx';

interface AuditQuery {
  readonly user?: string;
  readonly action?: string;
  readonly result?: string;
  readonly about?: string;
  readonly sort?: string;
}

const columns: readonly Column<AuditEntry>[] = [
  { id: 'at', name: 'When', value: ({ at }) => new Date(at).toISOString(), cell: ({ at }) => moment(at) },
  { id: 'user', name: 'Who', value: ({ by }) => by.user },
  {
    id: 'how',
    name: 'How',
    value: ({ by: { how, role, address } }) => [how, role && `as ${role}`, address && `from ${address}`].filter(Boolean).join(' '),
  },
  { id: 'action', name: 'Did', value: ({ action }) => action },
  { id: 'about', name: 'What to', value: ({ about }) => about },
  {
    id: 'result',
    name: 'Result',
    value: ({ result, reason }) => [result, reason].filter(Boolean).join(': '),
    cell: ({ result, reason }) => (
      <>
        <Badge tone={result === 'done' ? 'good' : 'bad'}>{result}</Badge> {reason}
      </>
    ),
  },
  {
    id: 'revision',
    name: 'Revision',
    number: true,
    value: ({ revision }) => revision,
    cell: ({ revision }) =>
      revision === undefined ? (
        '-'
      ) : (
        <Link to="/history/$revision" params={{ revision: String(revision) } as never}>
          {revision}
        </Link>
      ),
  },
];

const Filters = () => {
  const { action = '', result = '' } = useSearch({ strict: false }) as AuditQuery;
  const set = useSetSearch();
  return (
    <search className="row">
      <FindInside word="user" name="User" example="Who" />
      <FindInside word="about" name="About" example="What to" />
      <label>
        <span className="visually-hidden">Action</span>
        <select value={action} onChange={({ target }) => set({ action: target.value || undefined })}>
          <option value="">all actions</option>
          {auditActions.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      </label>
      <label>
        <span className="visually-hidden">Result</span>
        <select value={result} onChange={({ target }) => set({ result: target.value || undefined })}>
          <option value="">done or refused</option>
          <option>done</option>
          <option>refused</option>
        </select>
      </label>
    </search>
  );
};

const Log = () => {
  const { user, action, result, about, sort = '-at' } = useSearch({ strict: false }) as AuditQuery;
  const set = useSetSearch();
  const entries = useAsk<{ items: readonly AuditEntry[] }>({
    path: '/audit',
    query: { user, action, result, about, limit: 500 },
    topics: ['audit'],
  });
  return (
    <Page title="Audit log" command="npx weft audit" call="/audit">
      <Tabs />
      <Panel title="Who did what">
        <Filters />
        <Answer of={entries} loading="Asking for the audit log">
          {({ items }) => (
            <Table
              name="Audit log"
              rows={items}
              columns={columns}
              keyOf={({ id }) => String(id)}
              sort={sort}
              onSort={(next) => set({ sort: next })}
              empty="Nobody did anything of the kind."
            />
          )}
        </Answer>
      </Panel>
    </Page>
  );
};

export const Audit = () => (
  <ForOperators what="Entries of the audit log" title="Audit log" places={<Tabs />}>
    <Log />
  </ForOperators>
);
