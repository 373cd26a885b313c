/** Golden signals of one service or workload over time: what comes in or goes out, how long it takes, how much it is, how full it is. */
import { Link } from '@tanstack/react-router';
import type { LabelledSeries, SeriesSearch } from '@weft/model';
import type { Marker, Point } from '../kit/Chart.tsx';
import { useWord } from '../kit/search.ts';
import { bytes, count, duration, percent } from '../kit/words.ts';
import { useSetSearch } from '../shell/time.ts';
import { useSeries, type Where } from './ask.ts';
import { breakDowns, quantiles } from './break-down.ts';
import { LinesChart } from './LinesChart.tsx';
import { bytesPerSecond, classOf, failedShares, figureLines, linesOf, perSecond, toneOfClass } from './lines.ts';
import { useLines } from './use-lines.ts';

export interface SignalsProps {
  /** Whose they are. */
  readonly where: Where;
  readonly seenBy: SeriesSearch['seenBy'];
  readonly markers: readonly Marker[];
  readonly points?: readonly Point[];
  /** What the search of access records is asked, to find those behind the figures. */
  readonly records: Readonly<Record<string, string>>;
}

const rate = (value: number | undefined): string => `${count(value)}/s`;
const throughput = (value: number | undefined): string => `${bytes(value)}/s`;

const RecordsLink = ({ search, name }: { readonly search: SignalsProps['records']; readonly name: string }) => (
  <Link to={'/security/access' as string} search={((before: object) => ({ ...before, ...search })) as never}>
    {name}
  </Link>
);

const valueOf = (by: string, labels: LabelledSeries['labels']): string => labels[by] || 'none';

/** By which label, and of which quantile: the URL's. */
export const BreakDownTools = () => {
  const [by, q] = [useWord('by'), useWord('q') || 'p95'];
  const set = useSetSearch();
  return (
    <div className="row">
      <label>
        Break down by{' '}
        <select value={by} onChange={({ target }) => set({ by: target.value || undefined })}>
          <option value="">nothing</option>
          {breakDowns.map(({ label, name }) => (
            <option key={label} value={label}>
              {name}
            </option>
          ))}
        </select>
      </label>
      {by !== '' && (
        <label>
          Latency and sizes at{' '}
          <select value={q} onChange={({ target }) => set({ q: target.value })}>
            {quantiles.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
      )}
    </div>
  );
};

interface Chosen extends SignalsProps {
  /** A label, or empty. */
  readonly by: string;
  readonly q: (typeof quantiles)[number];
}

const RequestCharts = ({ where, seenBy, markers, points, records, by, q }: Chosen) => {
  const labels = by === '' ? [] : [by];
  const asking = { where, seenBy, stepped: true };
  const requests = useSeries('istio_requests_total', {
    ...asking,
    by: [...new Set([...labels, 'response_code', 'grpc_response_status'])],
  });
  const took = useSeries('istio_request_duration_milliseconds', { ...asking, by: labels });
  const nameOf = by === '' ? classOf : (of: LabelledSeries['labels']) => valueOf(by, of);
  const byAnswer = useLines([requests], [by], ([answer], now) =>
    linesOf(answer, { nameOf, valueOf: perSecond, ...(by === '' && { toneOf: toneOfClass }), nothing: 0, now }),
  );
  const failed = useLines([requests], [by], ([answer], now) =>
    failedShares(answer, by === '' ? () => 'failed' : (of) => valueOf(by, of), now),
  );
  const latency = useLines([took], [by, q], ([answer], now) =>
    by === ''
      ? figureLines(
          (['p50', 'p95', 'p99'] as const).map((name) => ({ name, answer, valueOf: (one) => one.quantiles?.[name] })),
          now,
        )
      : linesOf(answer, { nameOf: (of) => valueOf(by, of), valueOf: (one) => one.quantiles?.[q], now }),
  );
  return (
    <>
      <LinesChart
        {...{ name: by === '' ? 'Requests by answer' : 'Requests', answers: [requests], lines: byAnswer, words: rate, markers }}
        tools={<RecordsLink search={records} name="Records" />}
      />
      <LinesChart
        {...{ name: 'Failed share', answers: [requests], lines: failed, words: percent, markers }}
        tools={<RecordsLink search={{ ...records, outcome: 'failed' }} name="Failed records" />}
      />
      <LinesChart
        {...{ name: by === '' ? 'Latency' : `Latency ${q}`, answers: [took], lines: latency, words: duration, markers, points }}
        tools={<Link to={'/traces' as string}>Traces</Link>}
      />
    </>
  );
};

const SizeCharts = ({ where, seenBy, markers, by, q }: Chosen) => {
  const asking = { where, seenBy, stepped: true };
  const [asked, answered] = [useSeries('istio_request_bytes', asking), useSeries('istio_response_bytes', asking)];
  const quantile = by === '' ? 'p95' : q;
  const sizes = useLines([asked, answered], [quantile], ([a, b], now) =>
    figureLines(
      [
        { name: 'request', answer: a, valueOf: (one) => one.quantiles?.[quantile] },
        { name: 'response', answer: b, valueOf: (one) => one.quantiles?.[quantile] },
      ],
      now,
    ),
  );
  const flows = useLines([asked, answered], [], ([a, b], now) =>
    figureLines(
      [
        { name: 'received', answer: a, valueOf: bytesPerSecond, nothing: 0 },
        { name: 'sent', answer: b, valueOf: bytesPerSecond, nothing: 0 },
      ],
      now,
    ),
  );
  return (
    <>
      <LinesChart {...{ name: `Sizes ${quantile}`, answers: [asked, answered], lines: sizes, words: bytes, markers }} />
      <LinesChart {...{ name: 'Throughput', answers: [asked, answered], lines: flows, words: throughput, markers }} />
    </>
  );
};

type Part = readonly [name: string, metric: SeriesSearch['metric']];

interface PairProps extends Pick<SignalsProps, 'where' | 'seenBy' | 'markers'> {
  readonly name: string;
  /** Two lines, each by what it counts. */
  readonly pair: readonly [Part, Part];
  readonly words: (value: number | undefined) => string;
}

/** Seen only where there is something to see: most services speak either HTTP or something else. */
const PairChart = ({ name, pair, words, where, seenBy, markers }: PairProps) => {
  const [[first, one], [second, other]] = pair;
  const asking = { where, seenBy, stepped: true };
  const [a, b] = [useSeries(one, asking), useSeries(other, asking)];
  const lines = useLines([a, b], [], ([left, right], now) =>
    figureLines(
      [
        { name: first, answer: left, valueOf: perSecond, nothing: 0 },
        { name: second, answer: right, valueOf: perSecond, nothing: 0 },
      ],
      now,
    ),
  );
  if (lines.series.length === 0) return null;
  return <LinesChart {...{ name, answers: [a, b], lines, words, markers }} />;
};

export const Signals = (props: SignalsProps) => {
  const { where, seenBy, markers } = props;
  const by = useWord('by');
  const wanted = useWord('q');
  const chosen = { ...props, by, q: quantiles.find((one) => one === wanted) ?? 'p95' };
  const shared = { where, seenBy, markers };
  return (
    <div className="charts">
      <RequestCharts {...chosen} />
      <SizeCharts {...chosen} />
      <PairChart
        {...{ ...shared, name: 'gRPC messages', words: rate }}
        pair={[
          ['sent by callers', 'istio_request_messages_total'],
          ['sent by servers', 'istio_response_messages_total'],
        ]}
      />
      <PairChart
        {...{ ...shared, name: 'TCP connections', words: rate }}
        pair={[
          ['opened', 'istio_tcp_connections_opened_total'],
          ['closed', 'istio_tcp_connections_closed_total'],
        ]}
      />
      <PairChart
        {...{ ...shared, name: 'TCP bytes', words: throughput }}
        pair={[
          ['received', 'istio_tcp_received_bytes_total'],
          ['sent', 'istio_tcp_sent_bytes_total'],
        ]}
      />
    </div>
  );
};
