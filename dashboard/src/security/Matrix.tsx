/** Who calls whom, by what: rows are callers, columns are those whom they call. */
import type { Edge, MtlsState, Topology } from '@weft/model';
import { useAsk } from '../api/ask.ts';
import { Panel } from '../kit/parts.tsx';
import { Answer, Empty } from '../kit/states.tsx';
import { type Column, Table } from '../kit/Table.tsx';
import { count } from '../kit/words.ts';
import { useShared, useSpan } from '../shell/time.ts';
import { AllRecords } from './links.tsx';

const words: Readonly<Record<MtlsState, string>> = {
  mutual: 'mutual TLS',
  mixed: 'partly plaintext',
  plaintext: 'plaintext',
  unknown: 'not told',
};

/** The worst that there is counts. */
const order: readonly MtlsState[] = ['plaintext', 'mixed', 'unknown', 'mutual'];

const callerOf = ({ caller }: Edge): string => (caller.name === '' ? 'outside the mesh' : `${caller.namespace}/${caller.name}`);
const calleeOf = ({ callee }: Edge): string => (callee.namespace === '' ? callee.host : `${callee.namespace}/${callee.name}`);
const callsOf = ({ requests, connectionsOpened }: Edge): number => requests + connectionsOpened;

interface Row {
  readonly caller: string;
  readonly byCallee: ReadonlyMap<string, readonly Edge[]>;
}

const Cell = ({ caller, callee, edges }: { readonly caller: string; readonly callee: string; readonly edges: readonly Edge[] }) => {
  const state = order.find((one) => edges.some(({ mtls }) => mtls === one)) ?? 'unknown';
  const calls = edges.reduce((sum, edge) => sum + callsOf(edge), 0);
  return (
    <AllRecords search={{ ...(caller.includes('/') && { caller }), ...(callee.includes('/') && { server: callee }) }}>
      <span className="matrix-cell" data-mtls={state}>
        {words[state]} <span className="soft">{count(calls)}</span>
      </span>
    </AllRecords>
  );
};

const columnsOf = (callees: readonly string[]): readonly Column<Row>[] => [
  { id: 'caller', name: 'Caller', value: ({ caller }) => caller, cell: ({ caller }) => <strong className="whole">{caller}</strong> },
  ...callees.map(
    (callee): Column<Row> => ({
      id: callee,
      name: callee,
      value: ({ byCallee }) => (byCallee.get(callee) ?? []).map(({ mtls }) => words[mtls]).join(', '),
      cell: ({ caller, byCallee }) => {
        const edges = byCallee.get(callee);
        return edges ? <Cell caller={caller} callee={callee} edges={edges} /> : <span className="soft">·</span>;
      },
    }),
  ),
];

/** A matrix of more is not read by anybody: the namespace narrows it. */
const mostCallees = 40;

export const Matrix = () => {
  const { ns } = useShared();
  const { from, to, live } = useSpan();
  const found = useAsk<Topology>({ path: '/edges', query: { from, to, namespace: ns }, topics: live ? ['topology'] : [] });
  return (
    <Panel title="Who calls whom, by what">
      <Answer of={found} loading="Looking who calls whom">
        {({ edges }) => {
          const callees = [...new Set(edges.map(calleeOf))].sort();
          const rows = [...Map.groupBy(edges, callerOf)].map(([caller, all]): Row => ({ caller, byCallee: Map.groupBy(all, calleeOf) }));
          if (rows.length === 0) return <Empty>Nobody called anybody in this time.</Empty>;
          return (
            <>
              {callees.length > mostCallees && (
                <p className="note">
                  {callees.length - mostCallees} of {callees.length} services are left out: choose a namespace.
                </p>
              )}
              <Table
                name="Who calls whom"
                rows={rows}
                columns={columnsOf(callees.slice(0, mostCallees))}
                keyOf={({ caller }) => caller}
                sort="caller"
              />
            </>
          );
        }}
      </Answer>
    </Panel>
  );
};
