import type { Family } from '@weft/signals';
import type { LaneState } from './outbox.ts';

const outcomes = ['sent', 'dropped', 'refused'] as const;

/** What became of what others should have, and what waits for them. */
export const handOverMetrics = (lanes: readonly LaneState[]): readonly Family[] => [
  {
    name: 'weft_handed_over',
    type: 'counter',
    help: 'Samples, spans and records for others, by what became of them.',
    samples: lanes.flatMap((state) =>
      outcomes.map((outcome) => ({ name: 'weft_handed_over_total', labels: { kind: state.lane, outcome }, value: state[outcome] })),
    ),
  },
  {
    name: 'weft_hand_over_waiting',
    type: 'gauge',
    help: 'Samples, spans and records that wait for others to take them.',
    samples: lanes.map(({ lane, waiting }) => ({ name: 'weft_hand_over_waiting', labels: { kind: lane }, value: waiting })),
  },
];
