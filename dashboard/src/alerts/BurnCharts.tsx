/** How the service of an objective did over time: its share of good answers against the target, how fast that burns, what it cost the budget. */
import type { Figures, ObjectiveStatus, SignalsAnswer } from '@weft/model';
import { useMemo } from 'react';
import { useMarkers } from '../changes/changes.ts';
import { Chart } from '../kit/Chart.tsx';
import { Panel } from '../kit/parts.tsx';
import { Answer, Empty } from '../kit/states.tsx';
import { duration, percent } from '../kit/words.ts';
import { useSetSearch, useSpan } from '../shell/time.ts';
import { useSignals } from '../signals/ask.ts';
import { serviceLabels } from './objective-words.ts';

type Step = Figures & { readonly at: number };

const stepsOf = ({ items }: SignalsAnswer): readonly Step[] => items[0]?.series ?? [];

interface Line {
  readonly name: string;
  readonly values: readonly (number | undefined)[];
}

interface Drawn {
  readonly name: string;
  readonly lines: readonly Line[];
  readonly words: (value: number | undefined) => string;
}

const burned = (value: number | undefined): string => (value === undefined ? '-' : `${Number(value.toPrecision(2))}×`);

/** Of requests: shares of failures, and what they are of all that may fail in the period. */
const ofAvailability = (steps: readonly Step[], { target, budget }: ObjectiveStatus): readonly Drawn[] => {
  const mayFail = 1 - target / 100;
  let spent = 0;
  const used = steps.map(({ failed }) => {
    spent += failed;
    return budget.allowed > 0 ? spent / budget.allowed : undefined;
  });
  const failedShares = steps.map(({ failedShare }) => failedShare);
  return [
    {
      name: 'Failures',
      words: percent,
      lines: [
        { name: 'failed', values: failedShares },
        { name: 'may fail', values: steps.map(() => mayFail) },
      ],
    },
    {
      name: 'Burn rate',
      words: burned,
      lines: [{ name: 'times as fast as the budget lasts', values: failedShares.map((share) => share && share / mayFail) }],
    },
    { name: 'Budget used in this time', words: percent, lines: [{ name: 'of the period’s budget', values: used }] },
  ];
};

const ofLatency = (steps: readonly Step[], thresholdMs: number): readonly Drawn[] => [
  {
    name: 'Latency',
    words: duration,
    lines: [
      { name: 'p50', values: steps.map(({ latency }) => latency?.p50) },
      { name: 'p95', values: steps.map(({ latency }) => latency?.p95) },
      { name: 'p99', values: steps.map(({ latency }) => latency?.p99) },
      { name: 'good is below', values: steps.map(() => thresholdMs) },
    ],
  },
];

const Drawing = ({ steps, objective }: { readonly steps: readonly Step[]; readonly objective: ObjectiveStatus }) => {
  const set = useSetSearch();
  const { from: begin, to: end } = useSpan();
  const markers = useMarkers({ from: begin, to: end, namespace: objective.namespace });
  const times = useMemo(() => steps.map(({ at }) => at), [steps]);
  const { indicator } = objective;
  const drawn = useMemo(
    () => (indicator.kind === 'availability' ? ofAvailability(steps, objective) : ofLatency(steps, indicator.thresholdMs)),
    [steps, objective, indicator],
  );
  return (
    <div className="grid">
      {drawn.map(({ name, lines, words }) => (
        <Panel key={name} title={name}>
          <Chart
            name={name}
            times={times}
            series={lines}
            words={words}
            markers={markers}
            onSelect={(from, to) => set({ from, to, since: undefined, at: undefined })}
          />
        </Panel>
      ))}
    </div>
  );
};

export const BurnCharts = ({ objective }: { readonly objective: ObjectiveStatus }) => {
  const found = useSignals('service', { where: serviceLabels(objective), stepped: true });
  return (
    <Answer of={found} loading="Asking for measurements">
      {(answer) => {
        const steps = stepsOf(answer);
        return steps.length === 0 ? (
          <Empty>Nobody asked for this service in this time.</Empty>
        ) : (
          <Drawing steps={steps} objective={objective} />
        );
      }}
    </Answer>
  );
};
