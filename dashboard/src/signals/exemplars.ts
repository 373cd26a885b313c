/** Requests that were traced, as points of a latency chart. */
import type { TraceExemplar } from '@weft/model';
import { useMemo } from 'react';
import { useAsk } from '../api/ask.ts';
import { useMay } from '../api/session.ts';
import type { Point } from '../kit/plot.ts';
import { duration } from '../kit/words.ts';
import { useSpan } from '../shell/time.ts';

/** More would hide the lines. */
const most = 40;

/** Nothing for those whose role does not see traces. */
export const useExemplars = (service: string, namespace: string): readonly Point[] => {
  const { from, to } = useSpan();
  const { data } = useAsk<{ items: readonly TraceExemplar[] }>({
    path: '/exemplars',
    query: { service, namespace, from, to, limit: most },
    topics: [],
    enabled: useMay('operator'),
  });
  return useMemo(
    () =>
      (data?.items ?? []).map(({ trace, at, duration: took }) => ({
        ...{ at, value: took, href: `/traces/${trace}` },
        words: `a request that took ${duration(took)}`,
      })),
    [data],
  );
};
