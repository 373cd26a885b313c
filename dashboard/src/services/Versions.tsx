/** Versions of a service side by side: whether the new one is as good as the old one. */
import type { GoldenSignals, LabelledSeries } from '@weft/model';
import type { Marker } from '../kit/Chart.tsx';
import { Panel } from '../kit/parts.tsx';
import { Answer } from '../kit/states.tsx';
import { type Column, Table } from '../kit/Table.tsx';
import { count, duration, percent } from '../kit/words.ts';
import { WorkloadLink } from '../security/links.tsx';
import { useSeries, useSignals, type Where } from '../signals/ask.ts';
import { LinesChart } from '../signals/LinesChart.tsx';
import { failedShares, linesOf, perSecond } from '../signals/lines.ts';
import { useLines } from '../signals/use-lines.ts';

const versionOf = (labels: LabelledSeries['labels']): string => labels['destination_version'] || 'none';

const workloadOf = ({ labels }: GoldenSignals) => ({
  namespace: labels['destination_workload_namespace'] ?? '',
  workload: labels['destination_workload'] ?? '',
});

/** Against the first of the others: what a version makes worse is told as more. */
const against = (one: number | undefined, other: number | undefined): string =>
  one === undefined || other === undefined || other === 0 ? '' : ` (${one >= other ? '+' : '−'}${percent(Math.abs(one / other - 1))})`;

const columnsFor = (items: readonly GoldenSignals[]): readonly Column<GoldenSignals>[] => {
  const all = items.reduce((sum, { requests }) => sum + requests, 0);
  const [first] = items.toSorted((a, b) => versionOf(a.labels).localeCompare(versionOf(b.labels)));
  const beside = (item: GoldenSignals, of: (one: GoldenSignals) => number | undefined): string =>
    item === first || !first ? '' : against(of(item), of(first));
  const quantile = (id: 'p50' | 'p95' | 'p99'): Column<GoldenSignals> => ({
    ...{ id, name: id, number: true },
    value: ({ latency }) => latency?.[id],
    cell: (item) => `${duration(item.latency?.[id])}${beside(item, ({ latency }) => latency?.[id])}`,
  });
  return [
    { id: 'version', name: 'Version', value: ({ labels }) => versionOf(labels) },
    {
      id: 'workload',
      name: 'Workload',
      value: (item) => workloadOf(item).workload,
      cell: (item) => <WorkloadLink {...workloadOf(item)} />,
    },
    {
      id: 'share',
      name: 'Share of requests',
      number: true,
      value: ({ requests }) => requests / all,
      cell: ({ requests }) => percent(requests / all),
    },
    {
      id: 'rate',
      name: 'Requests/s',
      number: true,
      value: (item) => item.requestsPerSecond,
      cell: (item) => count(item.requestsPerSecond),
    },
    {
      ...{ id: 'failed', name: 'Failed', number: true },
      value: ({ failedShare }) => failedShare,
      cell: (item) => `${percent(item.failedShare)}${beside(item, ({ failedShare }) => failedShare)}`,
    },
    ...(['p50', 'p95', 'p99'] as const).map(quantile),
    { id: 'why', name: 'Why it failed most', value: ({ reasons }) => reasons[0]?.words },
  ];
};

export const Versions = ({ where, markers }: { readonly where: Where; readonly markers: readonly Marker[] }) => {
  const versions = useSignals('version', { where });
  const asking = { where, seenBy: 'servers', stepped: true } as const;
  const requests = useSeries('istio_requests_total', { ...asking, by: ['destination_version', 'response_code', 'grpc_response_status'] });
  const took = useSeries('istio_request_duration_milliseconds', { ...asking, by: ['destination_version'] });
  const rates = useLines([requests], [], ([answer], now) => linesOf(answer, { nameOf: versionOf, valueOf: perSecond, nothing: 0, now }));
  const failed = useLines([requests], [], ([answer], now) => failedShares(answer, versionOf, now));
  const latency = useLines([took], [], ([answer], now) =>
    linesOf(answer, { nameOf: versionOf, valueOf: ({ quantiles }) => quantiles?.p95, now }),
  );
  return (
    <>
      <Panel title="Versions">
        <Answer of={versions} loading="Looking at the versions">
          {({ items }) => (
            <Table
              {...{ name: 'Versions', rows: items, columns: columnsFor(items), sort: 'version' }}
              keyOf={({ labels }) => `${labels['destination_workload']} ${versionOf(labels)}`}
              empty="No version answered anything in this time."
            />
          )}
        </Answer>
      </Panel>
      <div className="charts">
        <LinesChart {...{ name: 'Requests by version', answers: [requests], lines: rates, words: (one) => `${count(one)}/s`, markers }} />
        <LinesChart {...{ name: 'Failed share by version', answers: [requests], lines: failed, words: percent, markers }} />
        <LinesChart {...{ name: 'Latency p95 by version', answers: [took], lines: latency, words: duration, markers }} />
      </div>
    </>
  );
};
