/** Who did what, also what was refused; and what it was before and after. */
import { Link, useSearch } from '@tanstack/react-router';
import { type AuditDetails, auditActions } from '@weft/model';
import { useAsk } from '../../api/ask.ts';
import { at, get, type Query } from '../../api/get.ts';
import { FindInside } from '../../kit/Find.tsx';
import { ForOperators } from '../../kit/ForOperators.tsx';
import { Badge, Page, Panel } from '../../kit/parts.tsx';
import { Answer, Empty } from '../../kit/states.tsx';
import { type Column, Table } from '../../kit/Table.tsx';
import { moment } from '../../kit/words.ts';
import { useSetSearch, useShared, useSpan } from '../../shell/time.ts';
import { Tabs } from '../Tabs.tsx';
import { Differences } from './Differences.tsx';

interface AuditQuery {
  readonly user?: string;
  readonly action?: string;
  readonly result?: string;
  readonly about?: string;
  readonly sort?: string;
  /** Of the time that is chosen above only. */
  readonly within?: 'span';
  /** Whose objects are shown before and after. */
  readonly entry?: number;
}

const Changed = ({ id, revision }: AuditDetails) => {
  const set = useSetSearch();
  if (revision === undefined) return '-';
  return (
    <span className="row">
      <Link to="/history/$revision" params={{ revision: String(revision) } as never}>
        {revision}
      </Link>
      <button type="button" className="button plain" aria-label={`before and after of entry ${id}`} onClick={() => set({ entry: id })}>
        before and after
      </button>
    </span>
  );
};

const columns: readonly Column<AuditDetails>[] = [
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
    cell: (entry) => <Changed {...entry} />,
  },
];

const texts = (side: 'before' | 'after') => ({
  id: side,
  name: side === 'before' ? 'Before' : 'After',
  value: ({ changes = [] }: AuditDetails) => changes.flatMap((change) => change[side] ?? []).join('---\n'),
});

/** So many entries are told with their objects at once. */
const most = 200;

/** @returns entries that fit `query`, with objects before and after, until all of `wanted` are among them */
const withChanges = async (query: Query, wanted: readonly AuditDetails[]): Promise<readonly AuditDetails[]> => {
  const oldest = Math.min(...wanted.map(({ id }) => id));
  const found = new Map<number, AuditDetails>();
  for (let before = Math.max(...wanted.map(({ id }) => id)) + 1; before > oldest; ) {
    const { items } = await get<{ items: readonly AuditDetails[] }>(at('/audit', { ...query, before, limit: most, changes: true }));
    for (const item of items) found.set(item.id, item);
    before = items.at(-1)?.id ?? oldest;
  }
  return wanted.map((entry) => found.get(entry.id) ?? entry);
};

const Filters = () => {
  const { action = '', result = '', within = '' } = useSearch({ strict: false }) as AuditQuery;
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
      <label>
        <span className="visually-hidden">Of which time</span>
        <select value={within} onChange={({ target }) => set({ within: target.value || undefined })}>
          <option value="">of all time</option>
          <option value="span">of the time above</option>
        </select>
      </label>
    </search>
  );
};

const BeforeAndAfter = ({ id }: { readonly id: number }) => {
  const set = useSetSearch();
  const entry = useAsk<AuditDetails>({ path: `/audit/${id}`, topics: [] });
  const close = (
    <button type="button" className="button" onClick={() => set({ entry: undefined })}>
      Close
    </button>
  );
  return (
    <Panel title={`Before and after entry ${id}`} tools={close}>
      <Answer of={entry} loading="Asking for the entry">
        {({ by, at: when, changes, action }) => (
          <>
            <p>
              {by.user || 'somebody with a file'}: {action}, {moment(when)}
            </p>
            {changes ? <Differences changes={changes} /> : <Empty>The history does not go back so far any more.</Empty>}
          </>
        )}
      </Answer>
    </Panel>
  );
};

const Log = () => {
  const { user, action, result, about, within, entry, sort = '-at' } = useSearch({ strict: false }) as AuditQuery;
  const { ns: namespace, at: then } = useShared();
  const { from, to } = useSpan();
  const set = useSetSearch();
  const time = within === 'span' ? { from, to } : { to: then };
  const query = { user, action, result, about, namespace, ...time };
  const entries = useAsk<{ items: readonly AuditDetails[] }>({ path: '/audit', query: { ...query, limit: 500 }, topics: ['audit'] });
  return (
    <Page title="Audit log" command="npx weft audit" call="/audit">
      <Tabs />
      {entry !== undefined && <BeforeAndAfter id={entry} />}
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
              fuller={{ columns: [texts('before'), texts('after')], load: (rows) => withChanges(query, rows) }}
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
