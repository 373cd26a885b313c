/** Requests over time: how they were answered, and how long they took. */
import type { UseQueryResult } from '@tanstack/react-query';
import type { LabelledSeries, SeriesAnswer, SeriesSearch } from '@weft/model';
import { useSeries, type Where } from './ask.ts';
import type { QuantileName } from './break-down.ts';
import { classOf, figureLines, type Lines, linesOf, perSecond, toneOfClass, valueOf } from './lines.ts';
import { useLines } from './use-lines.ts';

export interface RequestsAsked {
  readonly where: Where;
  readonly seenBy: SeriesSearch['seenBy'];
  /** A label to break them down by, or empty. */
  readonly by: string;
}

export interface Drawn {
  readonly asked: UseQueryResult<SeriesAnswer>;
  readonly lines: Lines;
}

const labelsOf = (by: string): readonly string[] => (by === '' ? [] : [by]);

/** A line for each class (`2xx`), or for each of the label's values. */
export const useAnswers = ({ where, seenBy, by }: RequestsAsked): Drawn => {
  const labels = new Set([...labelsOf(by), 'response_code', 'grpc_response_status']);
  const asked = useSeries('istio_requests_total', { where, seenBy, stepped: true, by: [...labels] });
  const nameOf = by === '' ? classOf : (of: LabelledSeries['labels']) => valueOf(by, of);
  const lines = useLines([asked], [by], ([answer], now) =>
    linesOf(answer, { nameOf, valueOf: perSecond, ...(by === '' && { toneOf: toneOfClass }), nothing: 0, now }),
  );
  return { asked, lines };
};

/** Three quantiles, or one of each of the label's values. */
export const useLatency = ({ where, seenBy, by, q }: RequestsAsked & { readonly q: QuantileName }): Drawn => {
  const asked = useSeries('istio_request_duration_milliseconds', { where, seenBy, stepped: true, by: labelsOf(by) });
  const lines = useLines([asked], [by, q], ([answer], now) =>
    by === ''
      ? figureLines(
          (['p50', 'p95', 'p99'] as const).map((name) => ({ name, answer, valueOf: (one) => one.quantiles?.[name] })),
          now,
        )
      : linesOf(answer, { nameOf: (of) => valueOf(by, of), valueOf: (one) => one.quantiles?.[q], now }),
  );
  return { asked, lines };
};
