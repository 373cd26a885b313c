/** What weftd counts of itself, over time. */
import type { LabelledSeries, Measure, SeriesAnswer, SeriesMetric } from '@weft/model';
import type { Marker } from '../kit/Chart.tsx';
import { bytes, count, duration } from '../kit/words.ts';
import { useSeries } from '../signals/ask.ts';
import { LinesChart } from '../signals/LinesChart.tsx';
import { figureLines, type Lines, linesOf, perSecond } from '../signals/lines.ts';
import { useLines } from '../signals/use-lines.ts';

interface Charted {
  readonly name: string;
  readonly markers: readonly Marker[];
}

type Words = (value: number | undefined) => string;

const rate: Words = (value) => `${count(value)}/s`;
const cores: Words = (value) => (value !== undefined && value > 0 && value < 1 ? `${count(value * 1_000)} mcore` : `${count(value)} core`);

/** Applications may tell metrics of the same names. */
const asking = { where: { app: 'istiod' }, stepped: true };

const typeOf = ({ type = '' }: LabelledSeries['labels']): string => type || 'none';

/** One metric, by the type of what was sent where it is told. */
const ByType = ({ name, metric, markers }: Charted & { readonly metric: SeriesMetric }) => {
  const answer = useSeries(metric, { ...asking, by: ['type'] });
  const lines = useLines([answer], [], ([all], now) => linesOf(all, { nameOf: typeOf, valueOf: perSecond, nothing: 0, now }));
  return <LinesChart {...{ name, answers: [answer], lines, words: rate, markers }} />;
};

interface Line {
  readonly name: string;
  readonly metric: SeriesMetric;
}

interface RatesProps extends Charted {
  readonly empty?: string;
  readonly lines: readonly [Line, Line];
}

/** Of two counters, both zero where nothing is told. */
const Rates = ({ name, lines: [one, other], markers, empty }: RatesProps) => {
  const answers = [useSeries(one.metric, asking), useSeries(other.metric, asking)] as const;
  const reading = { valueOf: perSecond, nothing: 0 };
  const lines = useLines([...answers], [name], ([a, b], now) =>
    figureLines(
      [
        { name: one.name, answer: a, ...reading },
        { name: other.name, answer: b, ...reading },
      ],
      now,
    ),
  );
  return <LinesChart {...{ name, answers: [...answers], lines, words: rate, markers, ...(empty && { empty }) }} />;
};

interface OneProps extends Charted {
  readonly metric: SeriesMetric;
  readonly words: Words;
  readonly valueOf: (measure: Measure, seconds: number) => number | undefined;
}

const One = ({ name, metric, words, valueOf, markers }: OneProps) => {
  const answer = useSeries(metric, asking);
  const lines = useLines([answer], [name], ([all], now) => figureLines([{ name: name.toLowerCase(), answer: all, valueOf }], now));
  return <LinesChart {...{ name, answers: [answer], lines, words, markers }} />;
};

/** Of a sum and how many it is of; nothing where there was none. */
const meansOf = (name: string, sum: SeriesAnswer, times: SeriesAnswer, now: number): Lines => {
  const drawn = figureLines(
    [
      { name, answer: sum, valueOf: (one) => one.count },
      { name: 'times', answer: times, valueOf: (one) => one.count },
    ],
    now,
  );
  const [total, often] = drawn.series;
  if (!total || !often) return { ...drawn, series: [] };
  const values = total.values.map((value, index) => {
    const many = often.values[index];
    return value === undefined || !many ? undefined : value / many;
  });
  return { ...drawn, series: [{ name, values }] };
};

type Mean = 'pilot_xds_push_time' | 'pilot_proxy_convergence_time' | 'pilot_xds_config_size_bytes';

const MeanChart = ({ name, metric, words, markers }: Charted & { readonly metric: Mean; readonly words: Words }) => {
  const [sum, times] = [useSeries(`${metric}_sum`, asking), useSeries(`${metric}_count`, asking)];
  const lines = useLines([sum, times], [name], ([a, b], now) => meansOf('mean', a, b, now));
  return <LinesChart {...{ name, answers: [sum, times], lines, words, markers }} />;
};

const seconds: Words = (value) => duration(value === undefined ? undefined : value * 1_000);
const most = ({ max }: Measure): number | undefined => max;

export const ControlPlaneCharts = ({ markers }: { readonly markers: readonly Marker[] }) => (
  <div className="charts">
    <ByType name="Responses sent" metric="pilot_xds_pushes" markers={markers} />
    <Rates
      {...{ name: 'Refused and failed', empty: 'Nothing was refused or failed in this time.', markers }}
      lines={[
        { name: 'refused by proxies', metric: 'pilot_total_xds_rejects' },
        { name: 'ended by a mistake of weftd', metric: 'pilot_total_xds_internal_errors' },
      ]}
    />
    <MeanChart name="Time to send a response" metric="pilot_xds_push_time" words={seconds} markers={markers} />
    <MeanChart name="Time until a proxy has all" metric="pilot_proxy_convergence_time" words={seconds} markers={markers} />
    <MeanChart name="Size of responses" metric="pilot_xds_config_size_bytes" words={bytes} markers={markers} />
    <One name="Connected proxies" metric="pilot_xds" words={count} valueOf={most} markers={markers} />
    <One name="Processors" metric="process_cpu_seconds_total" words={cores} valueOf={perSecond} markers={markers} />
    <One name="Memory" metric="process_resident_memory_bytes" words={bytes} valueOf={most} markers={markers} />
    <Rates
      {...{ name: 'Certificates', markers }}
      lines={[
        { name: 'issued', metric: 'citadel_server_success_cert_issuance_count' },
        { name: 'refused', metric: 'citadel_server_authentication_failure_count' },
      ]}
    />
    <Rates
      {...{ name: 'Objects by the API', empty: 'Nobody wrote an object by the API in this time.', markers }}
      lines={[
        { name: 'taken', metric: 'galley_validation_passed' },
        { name: 'refused', metric: 'galley_validation_failed' },
      ]}
    />
  </div>
);
