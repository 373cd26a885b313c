/** Traces of a time: how long they took, what failed, and where to look closer. */
import './traces.css';
import { Link, useSearch } from '@tanstack/react-router';
import type { TraceSummary } from '@weft/model';
import type { FormEvent } from 'react';
import { useAsk } from '../api/ask.ts';
import { at } from '../api/get.ts';
import { ForOperators } from '../kit/ForOperators.tsx';
import { Badge, Page, Panel } from '../kit/parts.tsx';
import { Answer } from '../kit/states.tsx';
import { type Column, Table } from '../kit/Table.tsx';
import { duration, moment } from '../kit/words.ts';
import { useSetSearch, useShared, useSpan } from '../shell/time.ts';
import { readTraceSearch, traceFlags, traceQuery } from './asked.ts';
import { Scatter } from './Scatter.tsx';

const columns: readonly Column<TraceSummary>[] = [
  {
    id: 'time',
    name: 'Time',
    value: ({ at: began }) => new Date(began).toISOString(),
    cell: ({ id, at: began }) => (
      <Link to={`/traces/${id}` as string}>
        <time dateTime={new Date(began).toISOString()}>{moment(began)}</time>
      </Link>
    ),
  },
  { id: 'service', name: 'Began at', value: ({ namespace, service }) => `${namespace}/${service}` },
  { id: 'name', name: 'With', value: ({ name }) => name, cell: ({ name }) => <code>{name}</code> },
  { id: 'duration', name: 'Took', number: true, value: ({ duration: took }) => took, cell: ({ duration: took }) => duration(took) },
  { id: 'spans', name: 'Spans', number: true, value: ({ spans }) => spans },
  {
    id: 'failed',
    name: 'Failed',
    number: true,
    value: ({ failed }) => failed,
    cell: ({ failed }) => (failed === 0 ? '0' : <Badge tone="bad">{failed}</Badge>),
  },
  { id: 'services', name: 'Services', value: ({ services }) => services.join(', ') },
];

const lengthIn = (form: FormData, name: string): number | undefined => {
  const text = String(form.get(name) ?? '').trim();
  return text === '' || !Number.isFinite(Number(text)) ? undefined : Number(text);
};

const Conditions = () => {
  const asked = readTraceSearch(useSearch({ strict: false }));
  const set = useSetSearch();
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    set({ service: String(form.get('service') ?? '').trim() || undefined, min: lengthIn(form, 'min'), max: lengthIn(form, 'max') });
  };
  return (
    <form className="conditions" key={JSON.stringify(asked)} onSubmit={submit} aria-label="Conditions">
      <label>
        Service
        <input name="service" defaultValue={asked.service ?? ''} placeholder="shop/web" autoComplete="off" spellCheck={false} />
      </label>
      <label>
        At least, ms
        <input name="min" type="number" min={0} step="any" defaultValue={asked.min ?? ''} />
      </label>
      <label>
        Less than, ms
        <input name="max" type="number" min={0} step="any" defaultValue={asked.max ?? ''} />
      </label>
      <label>
        Outcome
        <select value={asked.outcome ?? ''} onChange={({ target }) => set({ outcome: target.value || undefined })}>
          <option value="">any</option>
          <option value="failed">failed</option>
          <option value="ok">went well</option>
        </select>
      </label>
      <button type="submit" className="button primary">
        Search
      </button>
    </form>
  );
};

const nothing = (
  <>
    No trace of that. Which requests are traced an object of kind Telemetry says (<code>randomSamplingPercentage</code>, 1 % without a
    word).
  </>
);

const Found = () => {
  const asked = readTraceSearch(useSearch({ strict: false }));
  const { ns, since = '1h' } = useShared();
  const set = useSetSearch();
  const { from, to, live } = useSpan();
  const query = { ...traceQuery(asked, ns), from, to };
  const found = useAsk<{ items: readonly TraceSummary[] }>({ path: '/traces', query, topics: live ? ['signals'] : [] });
  const select = (first: number, last: number): void => set({ from: first, to: last, since: undefined, at: undefined });
  return (
    <Page title="Traces" command={`npx weft traces ${traceFlags(asked, ns)} --since ${since}`} call={at('/traces', query)}>
      <Conditions />
      <Answer of={found} loading="Looking for traces">
        {({ items }) => (
          <>
            {items.length > 0 && (
              <Panel title="How long they took">
                <Scatter traces={items} onSelect={select} />
              </Panel>
            )}
            <Table name="Traces" rows={items} columns={columns} keyOf={({ id }) => id} empty={nothing} />
          </>
        )}
      </Answer>
    </Page>
  );
};

export const Traces = () => (
  <ForOperators what="Traces" title="Traces">
    <Found />
  </ForOperators>
);
