/** Who did what with whom: records are kept by identity, address and path, also of workloads that are gone. */
import '../security.css';
import type { StoredRecord } from '@weft/signals';
import { useState } from 'react';
import { at, get } from '../../api/get.ts';
import { csv } from '../../kit/csv.ts';
import { ForOperators } from '../../kit/ForOperators.tsx';
import { Page, save } from '../../kit/parts.tsx';
import { Failed, Loading } from '../../kit/states.tsx';
import { Table } from '../../kit/Table.tsx';
import { type Span, useSetSearch, useShared, useSpan } from '../../shell/time.ts';
import { dayBefore } from '../days.ts';
import { SecurityPlaces } from '../places.tsx';
import { asFlags, recordQuery } from './asked.ts';
import { Conditions, useAsked } from './Conditions.tsx';
import { exportedColumns, recordColumns } from './columns.tsx';
import { recordsIn, useFound } from './found.ts';

const mostSaved = 10_000;

/** All that is found, not only what was scrolled to. */
const saveAll = async (path: string): Promise<void> => {
  const { items } = await get<{ items: readonly StoredRecord[] }>(path);
  const rows = items.map((item) => exportedColumns.map(({ value }) => value(item)));
  const names = exportedColumns.map(({ name }) => name);
  save('access-records.csv', new Blob([csv(names, rows)], { type: 'text/csv' }));
};

const Found = () => {
  const asked = useAsked();
  const { since = '1h' } = useShared();
  const set = useSetSearch();
  const current = useSpan();
  // Where somebody scrolled back the span stands still, too, until something else is asked.
  const [held, hold] = useState<{ readonly of: string; readonly span: Span }>();
  const question = JSON.stringify([asked, current.live ? since : current]);
  const span = held?.of === question ? held.span : current;
  const query = recordQuery(asked);
  const found = useFound(query, span, held?.of === question);
  const more = (): void => {
    if (held?.of !== question) hold({ of: question, span });
    if (!found.isFetchingNextPage) void found.fetchNextPage();
  };
  const call = at('/records', { ...query, since: span.from, ...(!span.live && { until: span.to }) });
  const command = `npx weft access ${asFlags(asked)} --since ${span.live ? since : new Date(span.from).toISOString()}`;
  return (
    <Page
      title="Access records"
      command={command}
      call={call}
      tools={
        <>
          <button type="button" className="button" onClick={() => set({ ...dayBefore(Date.now()), at: undefined })}>
            Yesterday
          </button>
          <button type="button" className="button" onClick={() => void saveAll(`${call}&limit=${mostSaved}`)}>
            Save all as CSV
          </button>
        </>
      }
    >
      <SecurityPlaces />
      <Conditions />
      {held?.of === question && (
        <p className="note">
          Newer ones are not shown while you look back.{' '}
          <button type="button" className="button" onClick={() => hold(undefined)}>
            To the newest
          </button>
        </p>
      )}
      {found.isError && <Failed error={found.error} again={() => void found.refetch()} />}
      {found.data ? (
        <Table
          name="Access records"
          rows={recordsIn(found.data)}
          columns={recordColumns}
          keyOf={({ id }) => String(id)}
          empty="Nobody asked for that in this time, as far as records are kept."
          {...(found.hasNextPage && { onMore: more })}
        />
      ) : (
        !found.isError && <Loading what="Looking through the records" />
      )}
    </Page>
  );
};

export const Access = () => (
  <ForOperators what="Access records" title="Access records" places={<SecurityPlaces />}>
    <Found />
  </ForOperators>
);
