/** What goes one way and the other: sizes, bytes, messages, connections; each by a label where one was chosen. */
import type { SeriesSearch } from '@weft/model';
import { bytes, count } from '../kit/words.ts';
import { useSeries } from './ask.ts';
import { LinesChart } from './LinesChart.tsx';
import { bytesPerSecond, pairLines, perSecond, type Reading } from './lines.ts';
import type { Chosen } from './Signals.tsx';
import { useLines } from './use-lines.ts';

type Part = readonly [name: string, metric: SeriesSearch['metric']];

interface Pair extends Pick<Reading, 'valueOf' | 'nothing'> {
  readonly name: string;
  readonly parts: readonly [Part, Part];
  readonly words: (value: number | undefined) => string;
}

const rate = (value: number | undefined): string => `${count(value)}/s`;
const throughput = (value: number | undefined): string => `${bytes(value)}/s`;

const counted = { valueOf: perSecond, nothing: 0 };

const sizes = [
  ['request', 'istio_request_bytes'],
  ['response', 'istio_response_bytes'],
] as const;

const pairsAt = (quantile: Chosen['q']): readonly Pair[] => [
  { name: `Sizes ${quantile}`, parts: sizes, valueOf: ({ quantiles }) => quantiles?.[quantile], words: bytes },
  { name: 'Throughput', parts: sizes, valueOf: bytesPerSecond, nothing: 0, words: throughput },
  {
    ...{ name: 'gRPC messages', words: rate, ...counted },
    parts: [
      ['sent by callers', 'istio_request_messages_total'],
      ['sent by servers', 'istio_response_messages_total'],
    ],
  },
  {
    ...{ name: 'TCP connections', words: rate, ...counted },
    parts: [
      ['opened', 'istio_tcp_connections_opened_total'],
      ['closed', 'istio_tcp_connections_closed_total'],
    ],
  },
  {
    ...{ name: 'TCP bytes', words: throughput, ...counted },
    parts: [
      ['received', 'istio_tcp_received_bytes_total'],
      ['sent', 'istio_tcp_sent_bytes_total'],
    ],
  },
];

/** Seen only where there is something to see: most services speak either HTTP or something else. */
const PairChart = ({ pair, where, seenBy, markers, by }: Chosen & { readonly pair: Pair }) => {
  const { name, parts, words, ...reading } = pair;
  const [[first, one], [second, other]] = parts;
  const asking = { where, seenBy, stepped: true, by: by === '' ? [] : [by] };
  const [a, b] = [useSeries(one, asking), useSeries(other, asking)];
  const lines = useLines([a, b], [by, name], ([left, right], now) =>
    pairLines(
      [
        { name: first, answer: left, ...reading },
        { name: second, answer: right, ...reading },
      ],
      { by, now },
    ),
  );
  if (lines.series.length === 0) return null;
  return <LinesChart {...{ name, answers: [a, b], lines, words, markers }} />;
};

export const PairCharts = (chosen: Chosen) => pairsAt(chosen.q).map((pair) => <PairChart key={pair.name} {...chosen} pair={pair} />);
