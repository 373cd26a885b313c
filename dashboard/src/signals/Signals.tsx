/** Golden signals of one service or workload over time: what comes in or goes out, how long it takes, how much it is, how full it is. */
import { Link } from '@tanstack/react-router';
import type { SeriesSearch } from '@weft/model';
import type { Marker, Point } from '../kit/Chart.tsx';
import { useWord } from '../kit/search.ts';
import { count, duration, percent } from '../kit/words.ts';
import { useSetSearch } from '../shell/time.ts';
import type { Where } from './ask.ts';
import { breakDowns, quantiles } from './break-down.ts';
import { LinesChart } from './LinesChart.tsx';
import { failedShares, valueOf } from './lines.ts';
import { PairCharts } from './PairCharts.tsx';
import { useAnswers, useLatency } from './requests.ts';
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

const RecordsLink = ({ search, name }: { readonly search: SignalsProps['records']; readonly name: string }) => (
  <Link to={'/security/access' as string} search={((before: object) => ({ ...before, ...search })) as never}>
    {name}
  </Link>
);

/** Of what was called; of what calls others traces are not found by name. */
const TracesLink = ({ service }: { readonly service: string | undefined }) => (
  <Link to={'/traces' as string} search={((before: object) => ({ ...before, ...(service && { service }) })) as never}>
    Traces
  </Link>
);

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

export interface Chosen extends SignalsProps {
  /** A label, or empty. */
  readonly by: string;
  readonly q: (typeof quantiles)[number];
}

const RequestCharts = ({ where, seenBy, markers, points, records, by, q }: Chosen) => {
  const answers = useAnswers({ where, seenBy, by });
  const latency = useLatency({ where, seenBy, by, q });
  const requests = answers.asked;
  const failed = useLines([requests], [by], ([answer], now) =>
    failedShares(answer, by === '' ? () => 'failed' : (of) => valueOf(by, of), now),
  );
  return (
    <>
      <LinesChart
        {...{ name: by === '' ? 'Requests by answer' : 'Requests', answers: [requests], lines: answers.lines, words: rate, markers }}
        tools={<RecordsLink search={records} name="Records" />}
      />
      <LinesChart
        {...{ name: 'Failed share', answers: [requests], lines: failed, words: percent, markers }}
        tools={<RecordsLink search={{ ...records, outcome: 'failed' }} name="Failed records" />}
      />
      <LinesChart
        {...{
          name: by === '' ? 'Latency' : `Latency ${q}`,
          answers: [latency.asked],
          lines: latency.lines,
          words: duration,
          markers,
          points,
        }}
        tools={<TracesLink service={records['server']} />}
      />
    </>
  );
};

export const Signals = (props: SignalsProps) => {
  const by = useWord('by');
  const wanted = useWord('q');
  const chosen = { ...props, by, q: quantiles.find((one) => one === wanted) ?? 'p95' };
  return (
    <div className="charts">
      <RequestCharts {...chosen} />
      <PairCharts {...chosen} />
    </div>
  );
};
