/** Golden signals of one service or workload over time: what comes in or goes out, how long it takes, how much it is, how full it is. */
import type { SeriesAnswer, SeriesSearch } from '@weft/model';
import { useMemo } from 'react';
import { useConnection } from '../api/stream.ts';
import { Chart, type Marker, type Point } from '../kit/Chart.tsx';
import { Panel } from '../kit/parts.tsx';
import { Answer, Empty } from '../kit/states.tsx';
import { count, duration } from '../kit/words.ts';
import { useSetSearch } from '../shell/time.ts';
import { useSeries, type Where } from './ask.ts';
import { classOf, figureLines, type Lines, linesOf, perSecond, toneOfClass } from './lines.ts';

export interface SignalsProps {
  /** Whose they are. */
  readonly where: Where;
  readonly seenBy: SeriesSearch['seenBy'];
  readonly markers?: readonly Marker[];
  readonly points?: readonly Point[];
}

interface LinesChartProps {
  readonly name: string;
  readonly answer: ReturnType<typeof useSeries>;
  readonly draw: (answer: SeriesAnswer, now: number) => Lines;
  readonly words: (value: number | undefined) => string;
  readonly markers?: readonly Marker[];
  readonly points?: readonly Point[];
}

const rate = (value: number | undefined): string => `${count(value)}/s`;

const LinesChart = ({ name, answer, draw, words, markers, points }: LinesChartProps) => {
  const set = useSetSearch();
  const { data } = answer;
  const { seen } = useConnection();
  // biome-ignore lint/correctness/useExhaustiveDependencies: drawn again when there is another answer, not whenever something is heard
  const lines = useMemo(() => data && draw(data, seen), [data]);
  return (
    <Panel title={name}>
      <Answer of={answer} loading="Asking for measurements">
        {() =>
          !lines || lines.series.length === 0 ? (
            <Empty>Nothing was measured in this time.</Empty>
          ) : (
            <Chart
              {...{ name, words, times: lines.times, series: lines.series }}
              {...(markers && { markers })}
              {...(points && { points })}
              onSelect={(from, to) => set({ from, to, since: undefined, at: undefined })}
              onMoment={(at) => set({ moment: at })}
            />
          )
        }
      </Answer>
    </Panel>
  );
};

export const Signals = ({ where, seenBy, markers, points }: SignalsProps) => {
  const asking = { where, seenBy, stepped: true };
  const requests = useSeries('istio_requests_total', { ...asking, by: ['response_code', 'grpc_response_status'] });
  const took = useSeries('istio_request_duration_milliseconds', asking);
  const shared = { ...(markers && { markers }) };
  return (
    <div className="grid">
      <LinesChart
        name="Requests by answer"
        answer={requests}
        words={rate}
        draw={(answer, now) => linesOf(answer, { nameOf: classOf, valueOf: perSecond, toneOf: toneOfClass, nothing: 0, now })}
        {...shared}
      />
      <LinesChart
        name="Latency"
        answer={took}
        words={duration}
        draw={(answer, now) =>
          figureLines(
            answer,
            { p50: ({ quantiles }) => quantiles?.p50, p95: ({ quantiles }) => quantiles?.p95, p99: ({ quantiles }) => quantiles?.p99 },
            now,
          )
        }
        {...shared}
        {...(points && { points })}
      />
    </div>
  );
};
