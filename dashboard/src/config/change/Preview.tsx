/** What a change would do: said by the compiler that would do it, and by what was recorded; nothing is changed. */

import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import type { AccessEnd, PairChange, PreviewRequest, ProxiesChange, RecordsChange, Preview as Told } from '@weft/model';
import type { ReactNode } from 'react';
import { send } from '../../api/get.ts';
import { useMay } from '../../api/session.ts';
import { Badge, Panel, type Tone } from '../../kit/parts.tsx';
import { Answer, Empty } from '../../kit/states.tsx';
import { type Column, Table } from '../../kit/Table.tsx';
import { FindingList } from '../FindingList.tsx';

/** Of the last records it is said which would be decided otherwise. */
const records = 500;

const usePreview = (request: PreviewRequest): UseQueryResult<Told> => {
  // They tell of people.
  const asked = useMay('operator') ? { ...request, records } : request;
  return useQuery<Told>({
    queryKey: ['preview', asked],
    queryFn: () => send<Told>('/preview', asked),
    // It is compared with what is in force when it is looked at.
    gcTime: 0,
    retry: false,
  });
};

const end = ({ namespace, workload }: AccessEnd): string => `${namespace}/${workload}`;

const tones: Readonly<Record<PairChange['after'], Tone>> = { allowed: 'good', denied: 'bad', depends: 'warn' };

const pairs: readonly Column<PairChange>[] = [
  { id: 'from', name: 'From', value: ({ from }) => end(from) },
  { id: 'to', name: 'To', value: ({ to, ports }) => `${end(to)} ${ports.join(', ')}` },
  { id: 'before', name: 'Now', value: ({ before }) => before, cell: ({ before }) => <Badge tone={tones[before]}>{before}</Badge> },
  { id: 'after', name: 'Then', value: ({ after }) => after, cell: ({ after }) => <Badge tone={tones[after]}>{after}</Badge> },
  { id: 'why', name: 'Why', value: ({ why }) => why },
];

const shares = (destinations: Readonly<Record<string, number>>): string =>
  Object.entries(destinations)
    .map(([cluster, share]) => `${share} % ${cluster}`)
    .join(', ');

const decided = ({ outcome, destinations }: RecordsChange['before']): string => [outcome, shares(destinations)].filter(Boolean).join('; ');

const recorded: readonly Column<RecordsChange>[] = [
  { id: 'count', name: 'Requests', number: true, value: ({ count }) => count },
  { id: 'from', name: 'From', value: ({ from }) => from },
  { id: 'to', name: 'To', value: ({ to }) => to },
  { id: 'before', name: 'Now', value: ({ before }) => decided(before) },
  { id: 'after', name: 'Then', value: ({ after }) => decided(after) },
  { id: 'examples', name: 'For example', value: ({ examples }) => examples.map(({ what }) => what).join('; ') },
];

const words: readonly (readonly ['added' | 'changed' | 'removed', Tone])[] = [
  ['added', 'good'],
  ['changed', 'info'],
  ['removed', 'bad'],
];

const Proxies = ({ proxies, types }: ProxiesChange) => (
  <details className="difference">
    <summary>
      {proxies.length} {proxies.length === 1 ? 'proxy' : 'proxies'}: {proxies.slice(0, 3).join(', ')}
      {proxies.length > 3 && ' …'}
    </summary>
    {proxies.length > 3 && <p className="soft">{proxies.join(', ')}</p>}
    <ul className="plain-list">
      {Object.entries(types).flatMap(([type, changes]) =>
        words.flatMap(([word, tone]) =>
          changes[word].map((name) => (
            <li key={`${type} ${word} ${name}`}>
              <Badge tone={tone}>{word}</Badge> {type} <code>{name}</code>
            </li>
          )),
        ),
      )}
    </ul>
  </details>
);

const Part = ({ title, children }: { readonly title: string; readonly children: ReactNode }) => (
  <section className="stack" aria-label={title}>
    <h3>{title}</h3>
    {children}
  </section>
);

const Effects = ({ told: { findings, proxies, pairs: changedPairs, records: judged } }: { readonly told: Told }) => (
  <>
    <Part title="Findings">
      <FindingList findings={findings.added} none="None is added." />
      {findings.gone.length > 0 && (
        <details>
          <summary>{findings.gone.length} would be gone</summary>
          <FindingList findings={findings.gone} none="" />
        </details>
      )}
    </Part>
    <Part title={`Proxies: ${proxies.changed.reduce((sum, one) => sum + one.proxies.length, 0)} of ${proxies.all} change`}>
      {proxies.changed.length === 0 ? (
        <Empty>The configuration of no proxy changes.</Empty>
      ) : (
        proxies.changed.map((one) => <Proxies key={one.proxies.join()} {...one} />)
      )}
    </Part>
    <Part title="Who may call whom">
      <Table
        name="Who may call whom otherwise"
        rows={changedPairs}
        columns={pairs}
        keyOf={({ from, to, ports }) => `${end(from)} ${end(to)} ${ports.join()}`}
        empty="For no pair of workloads anything changes."
      />
    </Part>
    {judged && (
      <Part title={`Recorded requests: ${judged.judged} of the last ${judged.looked} were asked again`}>
        <Table
          name="Recorded requests that are decided otherwise"
          rows={judged.changed}
          columns={recorded}
          keyOf={(change) => JSON.stringify(change)}
          sort="-count"
          empty="None of them would be decided otherwise."
        />
      </Part>
    )}
  </>
);

export const Preview = ({ request }: { readonly request: PreviewRequest }) => {
  const told = usePreview(request);
  return (
    <Panel title="What it would do">
      <Answer of={told} loading="Compiling it for every proxy, and asking recorded requests again">
        {(answer) =>
          answer.refused ? <FindingList findings={answer.findings.added} none="It would be refused." /> : <Effects told={answer} />
        }
      </Answer>
    </Panel>
  );
};
