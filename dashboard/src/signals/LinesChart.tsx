/** A panel with one chart: a span of it is selected by dragging, a moment of it by a click. */
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Chart, type Marker, type Point } from '../kit/Chart.tsx';
import { Panel } from '../kit/parts.tsx';
import { Answer, Empty } from '../kit/states.tsx';
import { useSetSearch } from '../shell/time.ts';
import type { Lines } from './lines.ts';

export interface LinesChartProps {
  readonly name: string;
  /** What the lines are made of; the first that has no answer yet is waited for. */
  readonly answers: readonly UseQueryResult<unknown>[];
  readonly lines: Lines;
  readonly words: (value: number | undefined) => string;
  readonly markers?: readonly Marker[] | undefined;
  readonly points?: readonly Point[] | undefined;
  /** Said where there is nothing to draw. */
  readonly empty?: string;
  /** Beside its title: where the records behind it are. */
  readonly tools?: ReactNode;
}

export const LinesChart = ({
  name,
  answers,
  lines,
  words,
  markers,
  points,
  empty = 'Nothing was measured in this time.',
  tools,
}: LinesChartProps) => {
  const set = useSetSearch();
  const waited = answers.find(({ data }) => data === undefined) ?? answers[0];
  if (!waited) return null;
  return (
    <Panel title={name} tools={tools}>
      <Answer of={waited} loading="Asking for measurements">
        {() =>
          lines.series.length === 0 ? (
            <Empty>{empty}</Empty>
          ) : (
            <>
              <Chart
                {...{ name, words, times: lines.times, series: lines.series }}
                {...(markers && { markers })}
                {...(points && { points })}
                onSelect={(from, to) => set({ from, to, since: undefined, at: undefined })}
                onMoment={(at) => set({ moment: at })}
              />
              {lines.leftOut > 0 && (
                <p className="soft">
                  The {lines.series.length} with most; there are {lines.leftOut} more.
                </p>
              )}
            </>
          )
        }
      </Answer>
    </Panel>
  );
};
