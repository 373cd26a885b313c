/** What is told of each service in the list of all. */
import { Link } from '@tanstack/react-router';
import type { Health } from '@weft/model';
import type { Column } from '../kit/Table.tsx';
import { count, duration, percent } from '../kit/words.ts';
import { HealthBadge } from '../signals/HealthBadge.tsx';
import type { ServiceRow } from './roster.ts';

/** Worst first where it is sorted. */
const ranks: Readonly<Record<Health, number>> = { failing: 0, degraded: 1, healthy: 2, idle: 3 };

const latency = (id: 'p50' | 'p95' | 'p99'): Column<ServiceRow> => ({
  ...{ id, name: id, number: true },
  value: ({ signals }) => signals?.latency?.[id],
  cell: ({ signals }) => duration(signals?.latency?.[id]),
});

const successOf = ({ signals }: ServiceRow): number | undefined =>
  signals?.failedShare === undefined ? undefined : 1 - signals.failedShare;

/** Of pods of the mesh; nothing where there are none to be ready. */
const readyOf = ({ registered }: ServiceRow): { readonly ready: number; readonly pods: number } | undefined => {
  const { workloads = [] } = registered ?? {};
  if (workloads.length === 0) return undefined;
  return workloads.reduce((sum, { ready, pods }) => ({ ready: sum.ready + ready, pods: sum.pods + pods }), { ready: 0, pods: 0 });
};

const Name = ({ namespace, name }: ServiceRow) => (
  <Link to="/services/$namespace/$name" params={{ namespace, name }}>
    {name}
  </Link>
);

export const serviceColumns: readonly Column<ServiceRow>[] = [
  { id: 'name', name: 'Service', value: ({ name }) => name, cell: Name },
  { id: 'namespace', name: 'Namespace', value: ({ namespace }) => namespace },
  {
    ...{ id: 'health', name: 'Health' },
    value: ({ health }) => `${ranks[health]} ${health}`,
    cell: ({ health }) => <HealthBadge health={health} />,
  },
  {
    ...{ id: 'rate', name: 'Requests/s', number: true },
    value: ({ signals }) => signals?.requestsPerSecond,
    cell: ({ signals }) => count(signals?.requestsPerSecond),
  },
  { id: 'success', name: 'Success', number: true, value: successOf, cell: (row) => percent(successOf(row)) },
  ...(['p50', 'p95', 'p99'] as const).map(latency),
  {
    ...{ id: 'slo', name: 'SLO', number: true },
    value: ({ objective }) => objective?.compliance ?? undefined,
    cell: ({ objective }) =>
      objective ? `${objective.compliance === null ? '-' : percent(objective.compliance / 100)} of ${objective.target} %` : '-',
  },
  {
    ...{ id: 'budget', name: 'Budget left', number: true },
    value: ({ objective }) => objective?.budget.remaining,
    cell: ({ objective }) => (objective ? percent(objective.budget.remaining / 100) : '-'),
  },
  { id: 'mtls', name: 'mTLS', number: true, value: ({ mtlsShare }) => mtlsShare, cell: ({ mtlsShare }) => percent(mtlsShare) },
  { id: 'versions', name: 'Versions', value: ({ versions }) => versions.join(' '), cell: ({ versions }) => versions.join(', ') || '-' },
  {
    ...{ id: 'instances', name: 'Ready', number: true },
    value: (row) => readyOf(row)?.ready,
    cell: (row) => {
      const instances = readyOf(row);
      if (!instances) return '-';
      const { ready, pods } = instances;
      return <span className={ready < pods ? 'bad' : undefined}>{`${ready} of ${pods}`}</span>;
    },
  },
  {
    ...{ id: 'findings', name: 'Findings', number: true },
    value: ({ findings }) => findings.length,
    cell: ({ namespace, name, findings }) =>
      findings.length === 0 ? (
        '0'
      ) : (
        <Link to="/services/$namespace/$name" params={{ namespace, name }} search={{ tab: 'config' } as never}>
          {findings.length}
        </Link>
      ),
  },
];
