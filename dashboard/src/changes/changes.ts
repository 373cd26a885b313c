/** What changed in a span of time, as charts mark it and lists tell it. */
import type { UseQueryResult } from '@tanstack/react-query';
import type { MeshChange, MeshChanges } from '@weft/model';
import { useMemo } from 'react';
import { useAsk } from '../api/ask.ts';
import type { Marker } from '../kit/Chart.tsx';

export interface Around {
  readonly from: number;
  readonly to: number;
  readonly namespace?: string | undefined;
  /** Of the namespace. */
  readonly service?: string | undefined;
}

/** As many as a chart can bear; the newest of them where there are more. */
const limit = 200;

export const useChanges = ({ from, to, namespace, service }: Around): UseQueryResult<MeshChanges> =>
  useAsk<MeshChanges>({ path: '/changes', query: { from, to, namespace, service, limit }, topics: ['resources', 'workloads', 'alerts'] });

const noChanges: readonly MeshChange[] = [];

/** For a chart's `markers`. A chart without them is no failure, so that why they are not there is told by the list. */
export const useMarkers = (around: Around): readonly Marker[] => {
  const { data } = useChanges(around);
  return useMemo(() => (data?.items ?? noChanges).map(({ at, words }) => ({ at, words })), [data]);
};
