/** Who may call whom, as policies and modes say it, against who does. */
import './security.css';
import type { AccessDecision, AccessMatrix } from '@weft/model';
import { useAsk } from '../api/ask.ts';
import { at } from '../api/get.ts';
import { Badge, Figure, Page, type Tone } from '../kit/parts.tsx';
import { useWord } from '../kit/search.ts';
import { Answer } from '../kit/states.tsx';
import { type Column, Table } from '../kit/Table.tsx';
import { count } from '../kit/words.ts';
import { useSetSearch, useShared, useSpan } from '../shell/time.ts';
import { AllRecords, RuleLink, WorkloadLink } from './links.tsx';
import { SecurityPlaces } from './places.tsx';

type Pair = AccessMatrix['items'][number];

const tones: Readonly<Record<AccessDecision, Tone>> = { allowed: 'good', denied: 'bad', depends: 'info' };

const callsOf = ({ seen }: Pair): number => (seen ? seen.requests + seen.connectionsOpened : 0);

const nameOf = ({ namespace, workload }: Pair['from']): string => `${namespace}/${workload}`;

const columns: readonly Column<Pair>[] = [
  { id: 'from', name: 'Who', value: ({ from }) => nameOf(from), cell: ({ from }) => <WorkloadLink {...from} /> },
  { id: 'to', name: 'Whom', value: ({ to }) => nameOf(to), cell: ({ to }) => <WorkloadLink {...to} /> },
  {
    id: 'ports',
    name: 'Ports',
    value: ({ ports }) => ports.join(', '),
    cell: ({ ports }) => <span className="whole">{ports.join(', ')}</span>,
  },
  {
    id: 'may',
    name: 'May',
    value: ({ decision }) => decision,
    cell: ({ decision }) => <Badge tone={tones[decision]}>{decision}</Badge>,
  },
  {
    id: 'does',
    name: 'Does',
    number: true,
    value: callsOf,
    cell: (pair) =>
      callsOf(pair) === 0 ? (
        <span className="soft">never</span>
      ) : (
        <AllRecords search={{ caller: nameOf(pair.from), server: nameOf(pair.to) }}>{count(callsOf(pair))}</AllRecords>
      ),
  },
  { id: 'why', name: 'Because', value: ({ why }) => why },
  {
    id: 'rules',
    name: 'Rules',
    value: ({ rules }) => rules.map(({ namespace, policy, rule }) => `rule ${rule} of ${namespace}/${policy}`).join(', '),
    cell: ({ rules }) => (
      <ul className="plain">
        {rules.map(({ namespace, policy, rule }) => (
          <li key={`${namespace}/${policy} ${rule}`}>
            <RuleLink namespace={namespace} name={policy} rule={rule} />
          </li>
        ))}
      </ul>
    ),
  },
];

const kinds: Readonly<Record<string, readonly [words: string, is: (pair: Pair) => boolean]>> = {
  unused: ['may, and never does', (pair) => pair.decision === 'allowed' && callsOf(pair) === 0],
  used: ['may, and does', (pair) => pair.decision !== 'denied' && callsOf(pair) > 0],
  refused: ['may not, and tries', (pair) => pair.decision === 'denied' && callsOf(pair) > 0],
  denied: ['may not', ({ decision }) => decision === 'denied'],
};

export const Callers = () => {
  const { ns } = useShared();
  const { from, to, live } = useSpan();
  const chosen = useWord('pairs');
  const set = useSetSearch();
  const query = { from, to, namespace: ns };
  const found = useAsk<AccessMatrix>({ path: '/access-matrix', query, topics: live ? ['topology', 'resources'] : ['resources'] });
  return (
    <Page
      title="Who may call whom"
      call={at('/access-matrix', query)}
      tools={
        <label>
          <span className="visually-hidden">Which pairs</span>
          <select value={chosen} onChange={({ target }) => set({ pairs: target.value || undefined })}>
            <option value="">all pairs</option>
            {Object.entries(kinds).map(([kind, [words]]) => (
              <option key={kind} value={kind}>
                {words}
              </option>
            ))}
          </select>
        </label>
      }
    >
      <SecurityPlaces />
      <Answer of={found} loading="Asking the policies">
        {({ items, leftOut }) => (
          <>
            <dl className="figures">
              {Object.entries(kinds).map(([kind, [words, is]]) => (
                <Figure key={kind} name={words} tone={kind === 'refused' && items.some(is) ? 'warn' : 'plain'}>
                  {items.filter(is).length}
                </Figure>
              ))}
            </dl>
            {leftOut > 0 && <p className="note">{leftOut} pairs are left out: choose a namespace.</p>}
            <Table
              name="Who may call whom"
              rows={items.filter(kinds[chosen]?.[1] ?? (() => true))}
              columns={columns}
              keyOf={(pair) => JSON.stringify([pair.from, pair.to, pair.ports])}
              sort="-does"
              empty="There is no such pair."
            />
          </>
        )}
      </Answer>
    </Page>
  );
};
