/** All workloads: what runs, whether its proxies are in step, and how each does. */
import { Link } from '@tanstack/react-router';
import type { ProxyStatus, WorkloadStatus } from '@weft/model';
import { useMemo } from 'react';
import { useAsk } from '../api/ask.ts';
import { Find } from '../kit/Find.tsx';
import { Badge, Page, Panel } from '../kit/parts.tsx';
import { useWord } from '../kit/search.ts';
import { Answer } from '../kit/states.tsx';
import { type Column, Table } from '../kit/Table.tsx';
import { bytes, count, duration, percent } from '../kit/words.ts';
import { useSetSearch, useShared } from '../shell/time.ts';
import { useSignals } from '../signals/ask.ts';
import { HealthBadge } from '../signals/HealthBadge.tsx';
import { crewOf, proxyState, type WorkloadRow } from './crew.ts';
import { ProxyBadge } from './ProxyBadge.tsx';

const sum = (row: WorkloadRow, of: 'restarts'): number => row.pods.reduce((all, pod) => all + pod[of], 0);

/** Not ready comes first where it is sorted. */
const missing = ({ desired, ready }: WorkloadRow): number => ready - desired;

const successOf = ({ signals }: WorkloadRow): number | undefined =>
  signals?.failedShare === undefined ? undefined : 1 - signals.failedShare;

const columns: readonly Column<WorkloadRow>[] = [
  {
    ...{ id: 'name', name: 'Workload' },
    value: ({ name }) => name,
    cell: ({ namespace, name }) => (
      <Link to="/workloads/$namespace/$name" params={{ namespace, name }}>
        {name}
      </Link>
    ),
  },
  { id: 'namespace', name: 'Namespace', value: ({ namespace }) => namespace },
  { id: 'kind', name: 'Kind', value: ({ kind }) => kind },
  {
    ...{ id: 'ready', name: 'Ready', number: true },
    value: missing,
    cell: (row) => <span className={missing(row) < 0 ? 'bad' : undefined}>{`${row.ready} of ${row.desired}`}</span>,
  },
  { id: 'proxy', name: 'Proxies', value: ({ proxies }) => proxyState(proxies), cell: ({ proxies }) => <ProxyBadge proxies={proxies} /> },
  { id: 'health', name: 'Health', value: ({ health }) => health, cell: ({ health }) => <HealthBadge health={health} /> },
  {
    ...{ id: 'rate', name: 'Requests/s', number: true },
    value: ({ signals }) => signals?.requestsPerSecond,
    cell: ({ signals }) => count(signals?.requestsPerSecond),
  },
  { id: 'success', name: 'Success', number: true, value: successOf, cell: (row) => percent(successOf(row)) },
  {
    ...{ id: 'p95', name: 'p95', number: true },
    value: ({ signals }) => signals?.latency?.p95,
    cell: ({ signals }) => duration(signals?.latency?.p95),
  },
  {
    ...{ id: 'cpu', name: 'Cores', number: true },
    value: ({ signals }) => signals?.saturation?.applicationCpu,
    cell: ({ signals }) => count(signals?.saturation?.applicationCpu),
  },
  {
    ...{ id: 'memory', name: 'Memory', number: true },
    value: ({ signals }) => signals?.saturation?.applicationMemory,
    cell: ({ signals }) => bytes(signals?.saturation?.applicationMemory),
  },
  { id: 'restarts', name: 'Restarts', number: true, value: (row) => sum(row, 'restarts') },
  {
    ...{ id: 'remark', name: 'Remark' },
    value: ({ pods, restartNeeded }) =>
      [...pods.map(({ message }) => message), restartNeeded ? 'restart needed' : ''].filter(Boolean).join('; '),
    cell: ({ pods, restartNeeded }) => (
      <>
        {restartNeeded && <Badge tone="warn">restart needed</Badge>} {pods.find(({ message }) => message !== '')?.message}
      </>
    ),
  },
];

export const Workloads = () => {
  const { ns } = useShared();
  const [find, sort] = [useWord('find'), useWord('sort') || 'name'];
  const set = useSetSearch();
  const workloads = useAsk<{ items: readonly WorkloadStatus[] }>({ path: '/workloads', topics: ['workloads'] });
  const proxies = useAsk<{ items: readonly ProxyStatus[] }>({ path: '/proxies', topics: ['proxies'] });
  const signals = useSignals('workload');
  const rows = useMemo(() => {
    const all = crewOf(workloads.data?.items ?? [], proxies.data?.items ?? [], signals.data?.items ?? []);
    return ns ? all.filter(({ namespace }) => namespace === ns) : all;
  }, [workloads.data, proxies.data, signals.data, ns]);
  return (
    <Page
      title="Workloads"
      tools={<Find />}
      command="npx weft ps; npx weft proxies; npx weft stat deploy"
      call="/workloads, /proxies, /signals?of=workload"
    >
      <Panel title="Workloads">
        <Answer of={workloads} loading="Looking for workloads">
          {() => (
            <Table
              {...{ name: 'Workloads', rows, columns, sort, filter: find }}
              keyOf={({ namespace, name }) => `${namespace}/${name}`}
              onSort={(next) => set({ sort: next || undefined })}
              empty={ns ? `No workload in ${ns}.` : 'No workload yet: a Deployment makes one.'}
            />
          )}
        </Answer>
      </Panel>
    </Page>
  );
};
