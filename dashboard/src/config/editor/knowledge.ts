import type { KindSchema, StoredObject } from '@weft/model';
import { useMemo, useRef } from 'react';
import { answers } from '../../api/ask.ts';
import { get, isGone } from '../../api/get.ts';
import { useObjects } from '../objects.tsx';
import type { Knowledge } from './completion.ts';
import { namesIn } from './names.ts';

const schemaOf = async (kind: string): Promise<KindSchema | undefined> => {
  const path = `/schemas/${encodeURIComponent(kind)}`;
  const ask = async (): Promise<KindSchema | null> => {
    try {
      return await get<KindSchema>(path);
    } catch (error) {
      if (isGone(error)) return null;
      throw error;
    }
  };
  return (await answers.fetchQuery({ queryKey: [path], queryFn: ask })) ?? undefined;
};

const none: readonly StoredObject[] = [];

/** What the editor completes from: forms of kinds, and what the mesh has. */
export const useKnowledge = (): Knowledge => {
  const { data } = useObjects();
  const items = data?.items ?? none;
  const names = useMemo(() => namesIn(items.map(({ resource }) => resource)), [items]);
  const latest = useRef(names);
  latest.current = names;
  return useMemo(() => ({ schemaOf, names: () => latest.current }), []);
};
