/** What a page asks weftd for. Answers are kept by their path, and asked for again when the stream says that they changed. */
import { keepPreviousData, QueryClient, type UseQueryResult, useQuery } from '@tanstack/react-query';
import type { LiveTopic } from '@weft/model';
import { at, get, type Query, Refused } from './get.ts';

export const answers = new QueryClient({
  defaultOptions: {
    queries: {
      // What changes is told (api/stream.ts); nothing is asked again because a while has passed.
      staleTime: Number.POSITIVE_INFINITY,
      // Spans that move leave an answer behind with each step.
      gcTime: 60_000,
      refetchOnWindowFocus: false,
      retry: (count, error) => !(error instanceof Refused && error.status < 500) && count < 2,
    },
  },
});

export interface Asked {
  readonly path: string;
  readonly query?: Query;
  /** Of the stream: what may change the answer. */
  readonly topics: readonly LiveTopic[];
  /** Milliseconds that an answer is good for, whatever changes meanwhile: a day's figures do not move within seconds, and are many. */
  readonly restMs?: number;
  /** Not asked while false. */
  readonly enabled?: boolean;
}

/** The last answer stays while the next one is on its way, so that nothing flickers. */
export const useAsk = <T>({ path, query = {}, topics, restMs = 0, enabled = true }: Asked): UseQueryResult<T> => {
  const whole = at(path, query);
  return useQuery<T>({
    queryKey: [whole],
    queryFn: ({ signal }) => get<T>(whole, signal),
    meta: { topics, restMs },
    placeholderData: keepPreviousData,
    enabled,
  });
};

/** @returns after all answers on the page that one of `topics` may have changed were asked for again */
export const stale = (topics: readonly LiveTopic[] | 'all'): Promise<void> =>
  answers.invalidateQueries({
    predicate: ({ meta, state: { dataUpdatedAt } }) => {
      if (topics === 'all') return true;
      const isAbout = topics.some((topic) => ((meta?.['topics'] ?? []) as readonly LiveTopic[]).includes(topic));
      return isAbout && Date.now() - dataUpdatedAt >= Number(meta?.['restMs'] ?? 0);
    },
  });
