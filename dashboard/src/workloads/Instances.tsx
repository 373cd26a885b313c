/** Each instance of a workload, and what its proxy has of what it was sent. */
import { Link } from '@tanstack/react-router';
import type { PodReport, ProxyStatus, TypeStatus } from '@weft/model';
import { Badge, Panel } from '../kit/parts.tsx';
import { type Column, Table } from '../kit/Table.tsx';
import { ago, moment } from '../kit/words.ts';
import type { WorkloadRow } from './crew.ts';
import { Drift } from './Drift.tsx';
import { ProxyBadge } from './ProxyBadge.tsx';

interface Instance extends PodReport {
  readonly state?: ProxyStatus;
}

const isPending = ({ sent, acknowledged }: TypeStatus): boolean => sent !== acknowledged;

const pendingOf = ({ types }: ProxyStatus): string =>
  Object.entries(types)
    .filter(([, status]) => isPending(status))
    .map(([type]) => type)
    .join(', ');

const configLink = ({ name }: PodReport) => (
  <Link to="." search={((before: object) => ({ ...before, tab: 'config', pod: name })) as never}>
    configuration
  </Link>
);

const columns: readonly Column<Instance>[] = [
  { id: 'name', name: 'Pod', value: ({ name }) => name },
  {
    ...{ id: 'phase', name: 'State' },
    value: ({ phase, ready }) => (ready ? 'ready' : phase),
    cell: ({ phase, ready, message }) => (
      <>
        <Badge tone={ready ? 'good' : 'bad'}>{ready ? 'ready' : phase}</Badge> {message}
      </>
    ),
  },
  { id: 'address', name: 'Address', value: ({ address, ipv6 }) => [address, ipv6].filter(Boolean).join(' ') },
  { id: 'restarts', name: 'Restarts', number: true, value: ({ restarts }) => restarts },
  { id: 'started', name: 'Started', value: ({ startedAt }) => startedAt, cell: ({ startedAt }) => (startedAt ? ago(startedAt) : '-') },
  {
    ...{ id: 'proxy', name: 'Proxy' },
    value: ({ proxy, state }) => (state?.inStep ? 'in step' : proxy),
    cell: ({ state }) => <ProxyBadge proxies={state ? [state] : []} />,
  },
  {
    ...{ id: 'pending', name: 'Not acknowledged' },
    value: ({ state }) => (state ? pendingOf(state) || 'nothing' : undefined),
  },
  {
    id: 'identity',
    name: 'Identity',
    value: ({ state }) => state?.identity,
    cell: ({ state }) => <span className="mono">{state?.identity ?? '-'}</span>,
  },
  { id: 'look', name: 'Look at', value: () => undefined, cell: (row) => (row.proxy === 'none' ? '-' : configLink(row)) },
];

interface SentType {
  readonly pod: string;
  readonly type: string;
  readonly status: TypeStatus;
}

const typeColumns: readonly Column<SentType>[] = [
  { id: 'pod', name: 'Pod', value: ({ pod }) => pod },
  { id: 'type', name: 'Type', value: ({ type }) => type },
  { id: 'resources', name: 'Resources', number: true, value: ({ status }) => status.resources },
  { id: 'sent', name: 'Sent', value: ({ status }) => status.sent, cell: ({ status }) => <code>{status.sent.slice(0, 8)}</code> },
  {
    ...{ id: 'acknowledged', name: 'Acknowledged' },
    value: ({ status }) => status.acknowledged,
    cell: ({ status }) => (
      <>
        <code>{status.acknowledged.slice(0, 8)}</code> {isPending(status) && <Badge tone="warn">not the newest</Badge>}
      </>
    ),
  },
  { id: 'at', name: 'Since', value: ({ status }) => status.acknowledgedAt, cell: ({ status }) => moment(status.acknowledgedAt) },
];

export const Instances = ({ workload }: { readonly workload: WorkloadRow }) => {
  const byName = new Map(workload.proxies.map((proxy) => [proxy.name, proxy]));
  const instances = workload.pods.map((pod): Instance => {
    const state = byName.get(pod.name);
    return { ...pod, ...(state && { state }) };
  });
  const sent = workload.proxies.flatMap(({ name, types }) =>
    Object.entries(types).map(([type, status]): SentType => ({ pod: name, type, status })),
  );
  return (
    <>
      <Panel title="Instances">
        <Table name="Instances" rows={instances} columns={columns} keyOf={({ uid }) => uid} empty="Nothing of it runs." />
      </Panel>
      <Drift proxies={workload.proxies} />
      <Panel title="What proxies were sent and acknowledged">
        <Table
          name="Sent and acknowledged"
          rows={sent}
          columns={typeColumns}
          keyOf={({ pod, type }) => `${pod} ${type}`}
          empty="It has no proxy that is connected."
        />
      </Panel>
    </>
  );
};
