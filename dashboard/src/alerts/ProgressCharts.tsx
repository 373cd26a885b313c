/** An objective over time: its indicator, what is left of the budget, how the period stood, how fast it burned. */
import type { ObjectiveProgress, ObjectiveStatus } from '@weft/model';
import { useMemo } from 'react';
import { useAsk } from '../api/ask.ts';
import { useMarkers } from '../changes/changes.ts';
import { Chart, type Series } from '../kit/Chart.tsx';
import { Panel } from '../kit/parts.tsx';
import { Answer, Empty } from '../kit/states.tsx';
import { percent } from '../kit/words.ts';
import { useSetSearch, useSpan } from '../shell/time.ts';

type Item = ObjectiveProgress['items'][number];

interface Drawn {
  readonly name: string;
  readonly series: readonly Series[];
  readonly words: (value: number | undefined) => string;
}

const burned = (value: number | undefined): string => (value === undefined ? '-' : `${Number(value.toPrecision(2))}×`);

const share = (value: number | null): number | undefined => (value === null ? undefined : value / 100);

const burnOf =
  (target: number) =>
  ({ indicator }: Item): number | undefined =>
    indicator === null ? undefined : (100 - indicator) / (100 - target);

const drawnOf = (items: readonly Item[], target: number): readonly Drawn[] => {
  const line = (name: string, valueOf: (item: Item) => number | undefined): Series => ({ name, values: items.map(valueOf) });
  const wanted: Series = { name: 'target', values: items.map(() => target / 100), tone: 'warn' };
  return [
    { name: 'Service level indicator', words: percent, series: [line('good', ({ indicator }) => share(indicator)), wanted] },
    { name: 'Error budget left', words: percent, series: [line('of the period’s budget', ({ remaining }) => remaining / 100)] },
    { name: 'Compliance', words: percent, series: [line('good in the period', ({ compliance }) => share(compliance)), wanted] },
    { name: 'Burn rate', words: burned, series: [line('times as fast as the budget lasts', burnOf(target))] },
  ];
};

const Drawing = ({ items, objective: { namespace, target } }: { readonly items: readonly Item[]; readonly objective: ObjectiveStatus }) => {
  const set = useSetSearch();
  const { from: begin, to: end } = useSpan();
  const markers = useMarkers({ from: begin, to: end, namespace });
  const times = useMemo(() => items.map(({ at }) => at), [items]);
  const drawn = useMemo(() => drawnOf(items, target), [items, target]);
  return (
    <div className="charts">
      {drawn.map(({ name, series, words }) => (
        <Panel key={name} title={name}>
          <Chart
            {...{ name, times, series, words, markers }}
            onSelect={(from, to) => set({ from, to, since: undefined, at: undefined })}
            onMoment={(moment) => set({ moment })}
          />
        </Panel>
      ))}
    </div>
  );
};

export const ProgressCharts = ({ objective }: { readonly objective: ObjectiveStatus }) => {
  const { from, to, step } = useSpan();
  const path = `/slos/${encodeURIComponent(objective.namespace)}/${encodeURIComponent(objective.name)}/progress`;
  const progress = useAsk<ObjectiveProgress>({ path, query: { from, to, step }, topics: [] });
  return (
    <Answer of={progress} loading="Looking how it went">
      {({ items }) =>
        items.length === 0 ? <Empty>Nothing was counted in this time.</Empty> : <Drawing items={items} objective={objective} />
      }
    </Answer>
  );
};
