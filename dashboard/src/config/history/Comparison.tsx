import type { RevisionDifference } from '@weft/model';
import { useAsk } from '../../api/ask.ts';
import { Answer } from '../../kit/states.tsx';
import { Differences } from './Differences.tsx';

export const Comparison = ({ from, to }: { readonly from: number; readonly to: number }) => {
  const difference = useAsk<RevisionDifference>({ path: '/diff', query: { from, to }, topics: [] });
  return (
    <Answer of={difference} loading="Comparing">
      {({ changes }) => <Differences changes={changes} />}
    </Answer>
  );
};
