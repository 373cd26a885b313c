/** What was answered, and by whom: each code with Envoy's flags in words, over time, and the latest traces. */
import type { LabelledSeries, TraceSummary } from '@weft/model';
import { meaningOf, readFlags } from '@weft/signals';
import { useAsk } from '../api/ask.ts';
import { useMay } from '../api/session.ts';
import { useMarkers } from '../changes/changes.ts';
import { count, duration, moment, percent } from '../kit/words.ts';
import { useSpan } from '../shell/time.ts';
import { useSeries, type Where } from '../signals/ask.ts';
import { LinesChart } from '../signals/LinesChart.tsx';
import { classOf, figureLines, linesOf, perSecond } from '../signals/lines.ts';
import { useLines } from '../signals/use-lines.ts';
import { traceQuery } from '../traces/asked.ts';
import { To } from './links.tsx';

export interface AnswersProps {
  /** Istio's labels of whom it is about. */
  readonly where: Where;
  readonly seenBy: 'callers' | 'servers';
}

interface Row {
  readonly code: string;
  readonly words: string;
  readonly hosts: readonly string[];
  readonly requests: number;
}

const wordsOf = (flags: string, seenBy: AnswersProps['seenBy']): string =>
  readFlags(flags)
    .map((flag) => meaningOf(flag, seenBy === 'callers' ? 'caller' : 'server').words)
    .join('; ');

const rowsOf = (items: readonly LabelledSeries[], seenBy: AnswersProps['seenBy']): readonly Row[] =>
  [...Map.groupBy(items, ({ labels }) => [labels['response_code'], labels['grpc_response_status'], labels['response_flags']].join(' '))]
    .flatMap(([, same]) => {
      const { response_code: http = '', grpc_response_status: grpc = '', response_flags: flags = '' } = same[0]?.labels ?? {};
      const requests = same.reduce((sum, one) => sum + one.count, 0);
      const hosts = [...new Set(same.map(({ labels }) => labels['destination_service'] ?? ''))].filter((host) => host !== '').sort();
      const flag = flags === '-' ? '' : flags;
      const code = [http, grpc && `gRPC ${grpc}`, flag].filter(Boolean).join(', ');
      return requests > 0 ? [{ code, words: wordsOf(flag, seenBy), hosts, requests }] : [];
    })
    .toSorted((a, b) => b.requests - a.requests);

/** Answers by code, with the hosts that were asked. */
export const Codes = ({ where, seenBy }: AnswersProps) => {
  const by = ['response_code', 'grpc_response_status', 'response_flags', 'destination_service'];
  const rows = rowsOf(useSeries('istio_requests_total', { where, seenBy, by }).data?.items ?? [], seenBy);
  const all = rows.reduce((sum, { requests }) => sum + requests, 0);
  if (rows.length === 0) return undefined;
  return (
    <section>
      <h3>Answers</h3>
      <table className="table" aria-label="Answers by code">
        <thead>
          <tr>
            <th scope="col">Code and flags</th>
            <th scope="col">Of all</th>
            <th scope="col">Hosts</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ code, words, hosts, requests }) => (
            <tr key={code}>
              <th scope="row">
                {code} {words && <span className="soft map-words">{words}</span>}
              </th>
              <td className="number" title={`${count(requests)} requests`}>
                {percent(requests / all)}
              </td>
              <td className="map-words">{hosts.join(', ')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
};

const rate = (value: number | undefined): string => `${count(value)}/s`;

/** Requests by answer, and how long they took. */
export const Charts = ({ where, seenBy }: AnswersProps) => {
  const { from, to } = useSpan();
  const markers = useMarkers({ from, to });
  const asking = { where, seenBy, stepped: true };
  const requests = useSeries('istio_requests_total', { ...asking, by: ['response_code', 'grpc_response_status'] });
  const took = useSeries('istio_request_duration_milliseconds', asking);
  const byAnswer = useLines([requests], [], ([answer], now) => linesOf(answer, { nameOf: classOf, valueOf: perSecond, nothing: 0, now }));
  const latency = useLines([took], [], ([answer], now) =>
    figureLines(
      (['p50', 'p95', 'p99'] as const).map((name) => ({ name, answer, valueOf: (one) => one.quantiles?.[name] })),
      now,
    ),
  );
  return (
    <details>
      <summary>Over time</summary>
      <LinesChart {...{ name: 'Requests by answer', answers: [requests], lines: byAnswer, words: rate, markers }} />
      <LinesChart {...{ name: 'Latency', answers: [took], lines: latency, words: duration, markers }} />
    </details>
  );
};

const mostTraces = 4;

/** @param service `namespace/name` */
export const Traces = ({ service }: { readonly service: string }) => {
  const { from, to } = useSpan();
  const isAsked = useMay('operator');
  const { data } = useAsk<{ items: readonly TraceSummary[] }>({
    path: '/traces',
    query: { ...traceQuery({ service }, undefined), from, to, limit: mostTraces },
    topics: ['topology'],
    enabled: isAsked,
  });
  if (!data || data.items.length === 0) return undefined;
  return (
    <section>
      <h3>Latest traces</h3>
      <ul>
        {data.items.map(({ id, at, name, duration: took, failed }) => (
          <li key={id}>
            <To path={`/traces/${id}`}>{moment(at)}</To> {name}, {duration(took)}
            {failed > 0 && <span className="bad"> failed</span>}
          </li>
        ))}
        <li>
          <To path="/traces" search={{ service }}>
            all of them
          </To>
        </li>
      </ul>
    </section>
  );
};
