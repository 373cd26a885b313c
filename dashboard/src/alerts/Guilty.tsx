/** Of a service that fails or is slow: which caller, route or version it is. */
import type { GoldenSignals, ObjectiveStatus, SignalSubject } from '@weft/model';
import { Badge, Panel } from '../kit/parts.tsx';
import { Answer } from '../kit/states.tsx';
import { type Column, Table } from '../kit/Table.tsx';
import { count, duration, percent } from '../kit/words.ts';
import { AllRecords } from '../security/links.tsx';
import { useSignals } from '../signals/ask.ts';
import { serviceLabels } from './objective-words.ts';

const named = ({ labels }: GoldenSignals, of: SignalSubject): string => {
  const caller = [labels['source_workload_namespace'], labels['source_workload']].filter((part) => part && part !== 'unknown').join('/');
  if (of === 'caller') return caller || 'outside the mesh';
  return of === 'route' ? labels['route'] || 'without a name' : `${labels['destination_workload']} ${labels['destination_version']}`;
};

const columnsOf = (of: SignalSubject, all: readonly GoldenSignals[], service: string): readonly Column<GoldenSignals>[] => {
  const failed = all.reduce((sum, one) => sum + one.failed, 0);
  return [
    { id: 'name', name: of === 'caller' ? 'Caller' : of === 'route' ? 'Route' : 'Version', value: (one) => named(one, of) },
    { id: 'requests', name: 'Requests', number: true, value: ({ requests }) => requests, cell: ({ requests }) => count(requests) },
    {
      id: 'failed',
      name: 'Failed',
      number: true,
      value: (one) => one.failed,
      cell: (one) => (
        <AllRecords search={{ server: service, outcome: 'failed', ...(of === 'caller' && { caller: named(one, of) }) }}>
          {count(one.failed)}
        </AllRecords>
      ),
    },
    {
      id: 'share',
      name: 'Of all failures',
      number: true,
      value: (one) => (failed === 0 ? undefined : one.failed / failed),
      cell: (one) =>
        failed === 0 ? '-' : <Badge tone={one.failed / failed > 0.5 ? 'bad' : 'plain'}>{percent(one.failed / failed)}</Badge>,
    },
    { id: 'p95', name: 'p95', number: true, value: ({ latency }) => latency?.p95, cell: ({ latency }) => duration(latency?.p95) },
    { id: 'why', name: 'Most often', value: ({ reasons }) => reasons[0]?.words },
  ];
};

interface ByProps {
  readonly of: 'caller' | 'route' | 'version';
  readonly title: string;
  readonly objective: ObjectiveStatus;
}

const By = ({ of, title, objective }: ByProps) => {
  const { destination_service: host = '' } = serviceLabels(objective);
  const [name = '', namespace = ''] = host.split('.');
  const found = useSignals(of, { where: serviceLabels(objective) });
  return (
    <Panel title={title}>
      <Answer of={found} loading="Looking who it is">
        {({ items }) => (
          <Table
            name={title}
            rows={items}
            columns={columnsOf(of, items, `${namespace}/${name}`)}
            keyOf={({ labels }) => JSON.stringify(labels)}
            sort={objective.indicator.kind === 'latency' ? '-p95' : '-failed'}
            empty="Nobody asked in this time."
          />
        )}
      </Answer>
    </Panel>
  );
};

/** The worst of each stands first. */
export const Guilty = ({ objective }: { readonly objective: ObjectiveStatus }) => (
  <>
    <By of="caller" title="By caller" objective={objective} />
    <By of="route" title="By route" objective={objective} />
    <By of="version" title="By version" objective={objective} />
  </>
);
