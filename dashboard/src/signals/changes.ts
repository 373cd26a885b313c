/** What changed in the time of a page, as charts mark it. */
import type { MeshChange, MeshChanges } from '@weft/model';
import { useMemo } from 'react';
import { useAsk } from '../api/ask.ts';
import type { Marker } from '../kit/plot.ts';
import { useSpan } from '../shell/time.ts';

export interface Concerned {
  readonly namespace: string;
  readonly service?: string;
}

const none: readonly MeshChange[] = [];

export const useChangesIn = ({ namespace, service }: Concerned, from: number, to: number): readonly MeshChange[] => {
  const { data } = useAsk<MeshChanges>({
    path: '/changes',
    query: { from, to, namespace, service },
    topics: ['resources', 'workloads', 'alerts'],
  });
  return data?.items ?? none;
};

export const useChanges = (concerned: Concerned): readonly MeshChange[] => {
  const { from, to } = useSpan();
  return useChangesIn(concerned, from, to);
};

export const useMarkers = (changes: readonly MeshChange[]): readonly Marker[] =>
  useMemo(() => changes.map(({ at, words }) => ({ at, words })), [changes]);
