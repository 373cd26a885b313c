/** What is wrong now, all over the mesh. */
import { useSearch } from '@tanstack/react-router';
import type { Finding, Severity } from '@weft/model';
import { useAsk } from '../api/ask.ts';
import { FindInside } from '../kit/Find.tsx';
import { Badge, Page, Panel } from '../kit/parts.tsx';
import { Answer } from '../kit/states.tsx';
import { type Column, Table } from '../kit/Table.tsx';
import { useSetSearch, useShared } from '../shell/time.ts';
import { ObjectLink, toneOf } from './objects.tsx';
import { Tabs } from './Tabs.tsx';

interface FindingSearch {
  readonly severity?: Severity;
  readonly find?: string;
  readonly sort?: string;
}

const rank: Readonly<Record<Severity, number>> = { error: 1, warning: 2, info: 3 };

const columns: readonly Column<Finding>[] = [
  {
    id: 'severity',
    name: 'Severity',
    value: ({ severity }) => `${rank[severity]} ${severity}`,
    cell: ({ severity }) => <Badge tone={toneOf[severity]}>{severity}</Badge>,
  },
  {
    id: 'object',
    name: 'Object',
    value: ({ resource }) => (resource ? `${resource.kind} ${resource.namespace}/${resource.name}` : ''),
    cell: ({ resource, file }) => (resource ? <ObjectLink of={resource} /> : <code>{file ?? '-'}</code>),
  },
  { id: 'path', name: 'Field', value: ({ path }) => path, cell: ({ path }) => <code>{path || 'the whole object'}</code> },
  { id: 'message', name: 'What is wrong', value: ({ message }) => message },
  { id: 'help', name: 'What to do', value: ({ help }) => help },
  {
    id: 'place',
    name: 'Where',
    value: ({ file, line }) => (file ? [file, line].filter((part) => part !== undefined).join(':') : undefined),
  },
  { id: 'code', name: 'Code', value: ({ code }) => code },
];

const severities: readonly Severity[] = ['error', 'warning', 'info'];

export const Findings = () => {
  const { severity, find = '', sort = 'severity' } = useSearch({ strict: false }) as FindingSearch;
  const { ns } = useShared();
  const set = useSetSearch();
  const findings = useAsk<{ items: readonly Finding[] }>({ path: '/findings', topics: ['findings', 'resources'] });
  return (
    <Page title="What is wrong now" command="npx weft analyze" call="/findings">
      <Tabs />
      <Panel
        title="Findings"
        tools={
          <search className="row">
            <FindInside />
            <label>
              <span className="visually-hidden">Severity</span>
              <select value={severity ?? ''} onChange={({ target }) => set({ severity: target.value || undefined })}>
                <option value="">all severities</option>
                {severities.map((one) => (
                  <option key={one}>{one}</option>
                ))}
              </select>
            </label>
          </search>
        }
      >
        <Answer of={findings} loading="Asking what is wrong">
          {({ items }) => (
            <Table
              name="Findings"
              rows={items.filter(
                (finding) =>
                  (!severity || finding.severity === severity) && (!ns || !finding.resource || finding.resource.namespace === ns),
              )}
              columns={columns}
              keyOf={(finding) => JSON.stringify(finding)}
              sort={sort}
              onSort={(next) => set({ sort: next })}
              filter={find}
              empty={items.length === 0 ? 'Nothing is wrong.' : 'Nothing of what is wrong fits.'}
            />
          )}
        </Answer>
      </Panel>
    </Page>
  );
};
