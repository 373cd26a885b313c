import type { UseQueryResult } from '@tanstack/react-query';
import type { SeriesAnswer } from '@weft/model';
import { useMemo } from 'react';
import { lastNews } from '../api/stream.ts';
import type { Lines } from './lines.ts';

const noLines: Lines = { times: [], series: [], leftOut: 0 };

type Answers<Asked extends readonly unknown[]> = { readonly [Index in keyof Asked]: SeriesAnswer };

/**
 * Lines of the answers once all are there, made again when another comes, and not whenever something is heard.
 * @param choices what else they depend on
 */
export const useLines = <const Asked extends readonly UseQueryResult<SeriesAnswer>[]>(
  asked: Asked,
  choices: readonly string[],
  draw: (answers: Answers<Asked>, now: number) => Lines,
): Lines => {
  const answers = asked.map(({ data }) => data);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `draw` is made again each time, from `choices` alone
  return useMemo(
    () => (answers.every((one) => one !== undefined) ? draw(answers as unknown as Answers<Asked>, lastNews()) : noLines),
    [...answers, ...choices],
  );
};
