/** Sums of what is read of a question, by group and step: all of them numbers in one array, since a question about all edges has some ten thousand. */
import { type Measured, mergeHistograms, type Step } from '@weft/signals';
import { withRoom } from './numbers.ts';
import { type Kind, widthOf } from './shard.ts';
import { addValue } from './sums.ts';

interface Read {
  readonly values: ArrayLike<number>;
  /** From where on they are added. */
  readonly from: number;
  readonly gap: boolean;
}

export interface GroupSteps {
  readonly group: number;
  readonly steps: readonly Step<Measured>[];
}

const measuredOf: Readonly<Record<Kind, (values: Float64Array, bounds: readonly number[]) => Measured>> = {
  counter: ([amount = 0]) => ({ kind: 'amount', amount }),
  gauge: ([min = 0, max = 0, sum = 0, looks = 0, last = 0]) => ({ kind: 'gauge', min, max, sum, looks, last }),
  histogram: (values, bounds) => ({
    kind: 'observations',
    histogram: { bounds, counts: [...values.subarray(0, -1)], sum: values.at(-1) ?? 0 },
  }),
};

/** Of series with the same bounds. */
export class StepSums {
  readonly #kind: Kind;
  readonly #bounds: readonly number[];
  readonly width: number;
  /** By group, then by step: which one of `values`. */
  readonly #rows = new Map<number, Map<number, number>>();
  #values: Float64Array;
  readonly #gaps = new Set<number>();
  #used = 0;

  constructor(kind: Kind, bounds: readonly number[]) {
    this.#kind = kind;
    this.#bounds = bounds;
    this.width = widthOf({ metric: '', kind, bounds });
    this.#values = new Float64Array(64 * this.width);
  }

  add(group: number, at: number, { values, from, gap }: Read): void {
    const row = this.#row(group, at);
    addValue(this.#kind, this.#values, [row * this.width, from, this.width], values);
    if (gap) this.#gaps.add(row);
  }

  groups(): Iterable<number> {
    return this.#rows.keys();
  }

  /** In no order. */
  steps(group: number): readonly Step<Measured>[] {
    return [...(this.#rows.get(group) ?? [])].map(([at, row]) => ({
      at,
      value: measuredOf[this.#kind](this.#values.subarray(row * this.width, (row + 1) * this.width), this.#bounds),
      ...(this.#gaps.has(row) && { gap: true as const }),
    }));
  }

  #row(group: number, at: number): number {
    let steps = this.#rows.get(group);
    if (!steps) {
      steps = new Map();
      this.#rows.set(group, steps);
    }
    const known = steps.get(at);
    if (known !== undefined) return known;
    const row = this.#used;
    this.#used += 1;
    this.#values = withRoom(this.#values, this.#used * this.width);
    steps.set(at, row);
    return row;
  }
}

/** Buckets of different bounds, in the order of time and one step each. */
const joined = (steps: readonly Step<Measured>[]): readonly Step<Measured>[] =>
  [...Map.groupBy(steps, ({ at }) => at)].map(([at, same]) => ({
    at,
    value: {
      kind: 'observations',
      histogram: mergeHistograms(same.flatMap(({ value }) => (value.kind === 'observations' ? [value.histogram] : []))),
    },
    ...(same.some(({ gap }) => gap) && { gap: true as const }),
  }));

export class Table {
  readonly #kind: Kind;
  readonly #byBounds = new Map<string, StepSums>();

  constructor(kind: Kind) {
    this.#kind = kind;
  }

  like(bounds: readonly number[]): StepSums {
    const key = bounds.join();
    const sums = this.#byBounds.get(key) ?? new StepSums(this.#kind, bounds);
    this.#byBounds.set(key, sums);
    return sums;
  }

  /** Of each group, in the order of time. */
  steps(): readonly GroupSteps[] {
    const all = [...this.#byBounds.values()];
    const groups = new Set(all.flatMap((sums) => [...sums.groups()]));
    return [...groups].map((group) => {
      const found = all.flatMap((sums) => sums.steps(group)).sort((a, b) => a.at - b.at);
      return { group, steps: all.length < 2 ? found : joined(found) };
    });
  }
}
