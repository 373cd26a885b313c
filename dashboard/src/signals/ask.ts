/**
 * Measurements as pages ask for them: over the span of their URL, coarsely enough to be answered at once. A span that ends now moves by
 * itself, so that another step is another question.
 */
import type { UseQueryResult } from '@tanstack/react-query';
import type { SeriesAnswer, SeriesSearch, SignalSubject, SignalsAnswer } from '@weft/model';
import { useAsk } from '../api/ask.ts';
import type { Query } from '../api/get.ts';
import { rhythmOf, useSpan } from '../shell/time.ts';

/** Label → its value, or one of several. */
export type Where = Readonly<Record<string, string | readonly string[]>>;

const wheres = (where: Where): readonly string[] =>
  Object.entries(where).flatMap(([label, values]) => [values].flat().map((value) => `${label}=${value}`));

/** With `stepped` for each step, too. */
export interface Asking {
  readonly where?: Where;
  readonly stepped?: boolean;
  readonly enabled?: boolean;
}

const asked = ({ where = {}, stepped = false }: Asking, span: ReturnType<typeof useSpan>): Query => ({
  where: wheres(where),
  ...{ from: span.from, to: span.to, step: stepped ? span.step : undefined },
});

export const useSignals = (of: SignalSubject, { enabled = true, ...asking }: Asking = {}): UseQueryResult<SignalsAnswer> => {
  const span = useSpan();
  return useAsk<SignalsAnswer>({ path: '/signals', query: { of, ...asked(asking, span) }, ...rhythmOf(span), enabled });
};

export interface SeriesAsking extends Asking {
  readonly by?: readonly string[];
  readonly seenBy?: SeriesSearch['seenBy'];
}

export const useSeries = (metric: SeriesSearch['metric'], asking: SeriesAsking = {}): UseQueryResult<SeriesAnswer> => {
  const { by = [], seenBy, enabled = true } = asking;
  const span = useSpan();
  const query = { metric, by: by.join(','), seenBy, ...asked(asking, span) };
  return useAsk<SeriesAnswer>({ path: '/series', query, ...rhythmOf(span), enabled });
};
