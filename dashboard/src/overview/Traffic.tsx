/** The golden signals of the mesh, or of the namespace that was chosen. */
import type { GoldenSignals, SeriesAnswer } from '@weft/model';
import { useMarkers } from '../changes/changes.ts';
import { Chart } from '../kit/Chart.tsx';
import { Badge, Figure, Panel } from '../kit/parts.tsx';
import { Answer, Empty } from '../kit/states.tsx';
import { count, duration, moment, percent } from '../kit/words.ts';
import { AllRecords } from '../security/links.tsx';
import { useSetSearch, useShared, useSpan } from '../shell/time.ts';
import { useSignals } from '../signals/ask.ts';
import { classOf, type Lines } from '../signals/lines.ts';
import { useAnswers, useLatency } from '../signals/requests.ts';
import { useChosen } from './chosen.ts';

const classes = ['2xx', '4xx', '5xx'] as const;

const shareOf = ({ items }: SeriesAnswer, name: string): number | undefined => {
  const sum = (some: SeriesAnswer['items']): number => some.reduce((all, one) => all + one.count, 0);
  const all = sum(items);
  return all > 0 ? sum(items.filter(({ labels }) => classOf(labels) === name)) / all : undefined;
};

interface FiguresProps {
  readonly item: GoldenSignals;
  /** Nothing until they are known. */
  readonly answers: SeriesAnswer | undefined;
}

const Figures = ({ item, answers }: FiguresProps) => (
  <dl className="figures">
    <Figure name="Requests">
      <AllRecords search={{}}>{count(item.requestsPerSecond)}/s</AllRecords>
    </Figure>
    <Figure name="Succeeded" tone={(item.failedShare ?? 0) > 0.01 ? 'bad' : 'plain'}>
      {percent(item.failedShare === undefined ? undefined : 1 - item.failedShare)}
    </Figure>
    {classes.map((name) => (
      <Figure key={name} name={name}>
        <AllRecords search={{ code: name }}>{percent(answers && shareOf(answers, name))}</AllRecords>
      </Figure>
    ))}
    <Figure name="Latency p50">{duration(item.latency?.p50)}</Figure>
    <Figure name="Latency p95">{duration(item.latency?.p95)}</Figure>
    <Figure name="Latency p99">{duration(item.latency?.p99)}</Figure>
  </dl>
);

interface ChartsProps {
  readonly answers: Lines;
  readonly latency: Lines;
}

const Charts = ({ answers, latency }: ChartsProps) => {
  const { from: begin, to: end } = useSpan();
  const { ns: namespace } = useShared();
  const markers = useMarkers({ from: begin, to: end, namespace });
  const set = useSetSearch();
  const shared = { markers, onSelect: (from: number, to: number): void => set({ from, to, since: undefined }) };
  return (
    <div className="charts">
      <Chart {...{ name: 'Requests per second, by answer', times: answers.times, series: answers.series, words: count, ...shared }} />
      <Chart {...{ name: 'Latency', times: latency.times, series: latency.series, words: duration, ...shared }} />
    </div>
  );
};

export const Traffic = () => {
  const { ns } = useShared();
  const where = useChosen();
  const signals = useSignals(ns ? 'namespace' : 'mesh', { where });
  const asking = { where, seenBy: 'callers', by: '' } as const;
  const [answers, latency] = [useAnswers(asking), useLatency({ ...asking, q: 'p95' })];
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
              <Figures item={item} answers={answers.asked.data} />
              <Charts answers={answers.lines} latency={latency.lines} />
            </>
          ) : (
            <Empty>No requests in this time. What sends some shows up here within seconds.</Empty>
          )
        }
      </Answer>
    </Panel>
  );
};
