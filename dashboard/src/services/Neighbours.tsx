/** Who calls a service, and whom what stands behind it calls. */
import type { Edge, LabelledSeries } from '@weft/model';
import { Lock, LockOpen } from 'lucide-react';
import { Badge, Panel } from '../kit/parts.tsx';
import { Answer } from '../kit/states.tsx';
import { type Column, Table } from '../kit/Table.tsx';
import { bytes, count, duration, percent } from '../kit/words.ts';
import { AllRecords, ServiceLink, WorkloadLink } from '../security/links.tsx';
import { useSeries } from '../signals/ask.ts';
import { HealthBadge } from '../signals/HealthBadge.tsx';
import { isBehind, type Neighbourhood, useEdges } from './neighbourhood.ts';

const Protection = ({ mtls }: Pick<Edge, 'mtls'>) =>
  mtls === 'mutual' ? (
    <Badge tone="good">
      <Lock size={12} aria-hidden="true" /> mutual TLS
    </Badge>
  ) : mtls === 'unknown' ? (
    <Badge>unknown</Badge>
  ) : (
    <Badge tone="bad">
      <LockOpen size={12} aria-hidden="true" /> {mtls}
    </Badge>
  );

const failedShare = ({ requests, failed }: Edge): number | undefined => (requests > 0 ? failed / requests : undefined);

/** The search of records that tells of an edge; of who is outside the mesh nobody knows a name. */
const between = ({ caller, callee }: Edge) => ({
  ...(caller.name !== '' && { caller: `${caller.namespace}/${caller.name}` }),
  server: callee.workload ? `${callee.workload.namespace}/${callee.workload.name}` : callee.host,
});

const figures: readonly Column<Edge>[] = [
  { id: 'protocol', name: 'Protocol', value: ({ protocol }) => protocol },
  { id: 'health', name: 'Health', value: ({ health }) => health, cell: ({ health }) => <HealthBadge health={health} /> },
  {
    ...{ id: 'rate', name: 'Requests/s', number: true },
    value: (one) => one.requestsPerSecond,
    cell: (one) => <AllRecords search={between(one)}>{count(one.requestsPerSecond)}</AllRecords>,
  },
  {
    ...{ id: 'failed', name: 'Failed', number: true },
    value: failedShare,
    cell: (one) =>
      one.failed > 0 ? (
        <AllRecords search={{ ...between(one), outcome: 'failed' }}>{percent(failedShare(one))}</AllRecords>
      ) : (
        percent(failedShare(one))
      ),
  },
  { id: 'p95', name: 'p95', number: true, value: ({ latency }) => latency?.p95, cell: ({ latency }) => duration(latency?.p95) },
  { id: 'p99', name: 'p99', number: true, value: ({ latency }) => latency?.p99, cell: ({ latency }) => duration(latency?.p99) },
  {
    id: 'bytes',
    name: 'Bytes in, out',
    number: true,
    value: (one) => one.bytesReceived,
    cell: (one) => `${bytes(one.bytesReceived)}, ${bytes(one.bytesSent)}`,
  },
  { id: 'mtls', name: 'Protection', value: ({ mtls }) => mtls, cell: Protection },
];

const callerKey = ({ namespace, name }: Edge['caller']): string => (name === '' ? 'outside the mesh' : `${namespace}/${name}`);

const keyOf = ({ caller, callee, protocol }: Edge): string =>
  [callerKey(caller), caller.version, callee.host, callee.workload?.name ?? '', callee.workload?.version ?? '', protocol].join(' ');

/** By workload of one end, as the other end's certificate proved it. */
const identities = (served: readonly LabelledSeries[], side: 'source' | 'destination'): ReadonlyMap<string, string> =>
  new Map(
    served.map(({ labels }) => [
      `${labels[`${side}_workload_namespace`]}/${labels[`${side}_workload`]}`,
      labels[`${side}_principal`] === 'unknown' ? '' : (labels[`${side}_principal`] ?? ''),
    ]),
  );

const identity = (found: ReadonlyMap<string, string>, keyed: (edge: Edge) => string): Column<Edge> => ({
  ...{ id: 'identity', name: 'Verified identity' },
  value: (edge) => found.get(keyed(edge)) || undefined,
  cell: (edge) => <span className="mono">{found.get(keyed(edge)) || '-'}</span>,
});

const endLabels = (side: 'source' | 'destination'): readonly string[] => [
  `${side}_workload_namespace`,
  `${side}_workload`,
  `${side}_principal`,
];

/** Without instances to ask for, nobody would be asked for by name. */
const nobody = '-';

export const Neighbours = (around: Neighbourhood) => {
  const { namespace, isCalled, workloads } = around;
  const edges = useEdges(namespace);
  const names = workloads.map(({ name }) => name);
  const own = names.length > 0 ? names : [nobody];
  const callers = useSeries('istio_requests_total', {
    ...{ seenBy: 'servers', by: endLabels('source') },
    where: { destination_workload: own, destination_workload_namespace: namespace },
  });
  const callees = useSeries('istio_requests_total', {
    ...{ seenBy: 'servers', by: endLabels('destination') },
    where: { source_workload: own, source_workload_namespace: namespace },
  });
  const callerColumns: readonly Column<Edge>[] = [
    {
      ...{ id: 'caller', name: 'Caller' },
      value: ({ caller }) => callerKey(caller),
      cell: ({ caller }) =>
        caller.name === '' ? 'outside the mesh' : <WorkloadLink namespace={caller.namespace} workload={caller.name} />,
    },
    { id: 'version', name: 'Version', value: ({ caller }) => caller.version },
    { id: 'to', name: 'Answered by', value: ({ callee }) => callee.workload?.name },
    ...figures,
    identity(identities(callers.data?.items ?? [], 'source'), ({ caller }) => callerKey(caller)),
  ];
  const calleeColumns: readonly Column<Edge>[] = [
    { id: 'caller', name: 'From', value: ({ caller }) => caller.name },
    { id: 'callee', name: 'Called', value: ({ callee }) => callee.host, cell: ({ callee }) => <ServiceLink host={callee.host} /> },
    { id: 'to', name: 'Answered by', value: ({ callee }) => callee.workload?.name },
    ...figures,
    identity(
      identities(callees.data?.items ?? [], 'destination'),
      ({ callee }) => `${callee.workload?.namespace}/${callee.workload?.name}`,
    ),
  ];
  return (
    <Answer of={edges} loading="Looking who calls whom">
      {({ edges: all }) => (
        <>
          <Panel title="Callers">
            <Table
              {...{ name: 'Callers', columns: callerColumns, keyOf, sort: '-rate' }}
              rows={all.filter(isCalled)}
              empty="Nobody called it in this time."
            />
          </Panel>
          <Panel title="Called by it">
            <Table
              {...{ name: 'Called by it', columns: calleeColumns, keyOf, sort: '-rate' }}
              rows={all.filter((edge) => isBehind(edge, around))}
              empty="It called nobody in this time."
            />
          </Panel>
        </>
      )}
    </Answer>
  );
};
