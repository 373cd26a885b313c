/** Values per step of time, and the same in longer steps: what is summed up keeps its sum. */
import { type Histogram, mergeHistograms } from './histogram.ts';

/** Of a counter: by how much it grew. */
export interface Amount {
  readonly kind: 'amount';
  readonly amount: number;
}

export interface Gauge {
  readonly kind: 'gauge';
  readonly min: number;
  readonly max: number;
  readonly sum: number;
  /** How often somebody looked. */
  readonly looks: number;
  readonly last: number;
}

export interface Observations {
  readonly kind: 'observations';
  readonly histogram: Histogram;
}

export type Measured = Amount | Gauge | Observations;

export interface Step<Value extends Measured> {
  /** Start, in Unix milliseconds; a multiple of the step's length. */
  readonly at: number;
  readonly value: Value;
  /** Something is missing in it: a restart, or nobody looked. */
  readonly gap?: true;
}

export const gaugeOf = (value: number): Gauge => ({ kind: 'gauge', min: value, max: value, sum: value, looks: 1, last: value });

const joined = (values: readonly Measured[]): Measured => {
  const [first] = values;
  switch (first?.kind) {
    case 'gauge': {
      const all = values as readonly Gauge[];
      return {
        kind: 'gauge',
        min: Math.min(...all.map(({ min }) => min)),
        max: Math.max(...all.map(({ max }) => max)),
        sum: all.reduce((sum, one) => sum + one.sum, 0),
        looks: all.reduce((sum, { looks }) => sum + looks, 0),
        last: all.at(-1)?.last ?? first.last,
      };
    }
    case 'observations':
      return { kind: 'observations', histogram: mergeHistograms((values as readonly Observations[]).map(({ histogram }) => histogram)) };
    default:
      return { kind: 'amount', amount: (values as readonly Amount[]).reduce((sum, { amount }) => sum + amount, 0) };
  }
};

const floor = (at: number, length: number): number => at - (((at % length) + length) % length);

/**
 * @param steps of one series, in the order of time
 * @param length of the longer steps, in milliseconds; a multiple of theirs
 */
export const inLongerSteps = <Value extends Measured>(steps: readonly Step<Value>[], length: number): readonly Step<Value>[] =>
  [...Map.groupBy(steps, ({ at }) => floor(at, length))].map(([at, group]) => ({
    at,
    // One series is of one kind.
    value: joined(group.map(({ value }) => value)) as Value,
    ...(group.some(({ gap }) => gap) && { gap: true as const }),
  }));
