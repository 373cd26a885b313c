/** The golden signals of the mesh, or of the namespace that was chosen. */
import type { SignalsAnswer } from '@weft/model';
import { useMarkers } from '../changes/changes.ts';
import { Chart } from '../kit/Chart.tsx';
import { Badge, Figure, Panel } from '../kit/parts.tsx';
import { Answer, Empty } from '../kit/states.tsx';
import { count, duration, moment, percent } from '../kit/words.ts';
import { useSetSearch, useShared, useSpan } from '../shell/time.ts';
import { useSignals } from '../signals/ask.ts';
import { useChosen } from './chosen.ts';

const Figures = ({ item }: { readonly item: SignalsAnswer['items'][number] }) => (
  <dl className="figures">
    <Figure name="Requests">{count(item.requestsPerSecond)}/s</Figure>
    <Figure name="Succeeded" tone={(item.failedShare ?? 0) > 0.01 ? 'bad' : 'plain'}>
      {percent(item.failedShare === undefined ? undefined : 1 - item.failedShare)}
    </Figure>
    <Figure name="Latency p50">{duration(item.latency?.p50)}</Figure>
    <Figure name="Latency p95">{duration(item.latency?.p95)}</Figure>
    <Figure name="Latency p99">{duration(item.latency?.p99)}</Figure>
  </dl>
);

const Drawn = ({ item }: { readonly item: SignalsAnswer['items'][number] }) => {
  const { from: begin, to: end } = useSpan();
  const { ns: namespace } = useShared();
  const markers = useMarkers({ from: begin, to: end, namespace });
  const set = useSetSearch();
  const select = (from: number, to: number): void => set({ from, to, since: undefined });
  const steps = item.series ?? [];
  const times = steps.map(({ at }) => at);
  const of = (name: string, value: (step: (typeof steps)[number]) => number | undefined) => ({ name, values: steps.map(value) });
  const rates = [
    { ...of('succeeded', ({ requestsPerSecond, failedShare }) => requestsPerSecond * (1 - (failedShare ?? 0))), tone: 'good' as const },
    { ...of('failed', ({ requestsPerSecond, failedShare }) => requestsPerSecond * (failedShare ?? 0)), tone: 'bad' as const },
  ];
  const latencies = [
    of('p50', ({ latency }) => latency?.p50),
    of('p95', ({ latency }) => latency?.p95),
    of('p99', ({ latency }) => latency?.p99),
  ];
  return (
    <div className="charts">
      <Chart name="Requests per second" times={times} series={rates} words={count} markers={markers} onSelect={select} />
      <Chart name="Latency" times={times} series={latencies} words={duration} markers={markers} onSelect={select} />
    </div>
  );
};

export const Traffic = () => {
  const { ns } = useShared();
  const signals = useSignals(ns ? 'namespace' : 'mesh', { where: useChosen(), stepped: true });
  return (
    <Panel title="Traffic">
      <Answer of={signals} loading="Looking at the traffic">
        {({ items: [item], known, since }) =>
          item ? (
            <>
              {since !== undefined ? (
                <p className="soft">Known since {moment(since)}: rates are over the time from then on.</p>
              ) : (
                known < 0.9 && <Badge tone="warn">nobody looked for {percent(1 - known)} of this time</Badge>
              )}
              <Figures item={item} />
              <Drawn item={item} />
            </>
          ) : (
            <Empty>No requests in this time. What sends some shows up here within seconds.</Empty>
          )
        }
      </Answer>
    </Panel>
  );
};
