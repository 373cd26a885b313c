/** Who changed what and when. */
import { useSearch } from '@tanstack/react-router';
import type { History as Answered } from '@weft/model';
import { type FormEvent, useState } from 'react';
import { useAsk } from '../../api/ask.ts';
import { FindInside } from '../../kit/Find.tsx';
import { Page, Panel } from '../../kit/parts.tsx';
import { Answer } from '../../kit/states.tsx';
import { moment } from '../../kit/words.ts';
import { useSetSearch, useShared } from '../../shell/time.ts';
import { Tabs } from '../Tabs.tsx';
import { Comparison } from './Comparison.tsx';
import { Revisions } from './Revisions.tsx';

interface HistorySearch {
  readonly find?: string;
  /** Older than this revision. */
  readonly before?: number;
  /** Two that are compared. */
  readonly a?: number;
  readonly b?: number;
}

const Compare = ({ newest }: { readonly newest: number }) => {
  const { a, b } = useSearch({ strict: false }) as HistorySearch;
  const set = useSetSearch();
  const [from, setFrom] = useState(String(a ?? Math.max(1, newest - 1)));
  const [to, setTo] = useState(String(b ?? newest));
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    set({ a: Number(from), b: Number(to) });
  };
  return (
    <Panel title="Compare two revisions">
      <form className="row" onSubmit={submit}>
        <label className="row">
          From <input type="number" min="1" required value={from} onChange={({ target }) => setFrom(target.value)} />
        </label>
        <label className="row">
          to <input type="number" min="1" required value={to} onChange={({ target }) => setTo(target.value)} />
        </label>
        <button type="submit" className="button">
          Compare
        </button>
      </form>
      {a !== undefined && b !== undefined && <Comparison from={a} to={b} />}
    </Panel>
  );
};

export const History = () => {
  const { find = '', before } = useSearch({ strict: false }) as HistorySearch;
  const { ns, at } = useShared();
  const set = useSetSearch();
  const query = { limit: 100, before, namespace: ns, to: at };
  const history = useAsk<Answered>({ path: '/history', query, topics: ['resources'] });
  return (
    <Page title="History" command="npx weft history" call="/history">
      <Tabs />
      <Answer of={history} loading="Asking for the history">
        {({ items, more, since }) => (
          <>
            <Panel title="Revisions" tools={<FindInside />}>
              <Revisions name="Revisions" items={items} filter={find} />
              <div className="row">
                {before !== undefined && (
                  <button type="button" className="button" onClick={() => set({ before: undefined })}>
                    To the newest
                  </button>
                )}
                {more && (
                  <button type="button" className="button" onClick={() => set({ before: items.at(-1)?.revision })}>
                    Older ones
                  </button>
                )}
                {since !== undefined && <span className="soft">All are known since {moment(since)}.</span>}
              </div>
            </Panel>
            <Compare newest={items[0]?.revision ?? 1} />
          </>
        )}
      </Answer>
    </Page>
  );
};
