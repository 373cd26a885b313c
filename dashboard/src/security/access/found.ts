/** Records that a search finds, newest first, as far back as somebody has scrolled. */
import { type InfiniteData, type UseInfiniteQueryResult, useInfiniteQuery } from '@tanstack/react-query';
import type { StoredRecord } from '@weft/signals';
import { at, get, type Query } from '../../api/get.ts';
import type { Span } from '../../shell/time.ts';

interface Found {
  readonly items: readonly StoredRecord[];
}

const pageSize = 100;

/** Several records have the same millisecond, so the next page begins with the last one's. */
const olderThan = ({ items }: Found, pages: readonly Found[]): number | undefined => {
  const last = items.at(-1);
  if (!last || items.length < pageSize) return undefined;
  const isStuck = items.every(({ record }) => record.at === last.record.at) && pages.length > 1;
  return isStuck ? last.record.at : last.record.at + 1;
};

export type Search = UseInfiniteQueryResult<InfiniteData<Found>>;

/** @param isStill somebody scrolled back: the list stands still under the eyes */
export const useFound = (query: Query, { from, to, live }: Span, isStill: boolean): Search => {
  const key = at('/records', { ...query, since: from, ...(!live && { until: to }) });
  return useInfiniteQuery({
    queryKey: ['found', key],
    queryFn: ({ pageParam, signal }) => get<Found>(at('/records', { ...query, since: from, until: pageParam, limit: pageSize }), signal),
    initialPageParam: live ? undefined : to,
    getNextPageParam: olderThan,
    meta: { topics: live && !isStill ? ['signals'] : [] },
    placeholderData: (before) => before,
  });
};

/** Each once. */
export const recordsIn = (data: InfiniteData<Found> | undefined): readonly StoredRecord[] => [
  ...new Map((data?.pages ?? []).flatMap(({ items }) => items).map((one) => [one.id, one])).values(),
];
