/** Saturations: how full something is that a workload says itself, measured from any of its metrics. */
import { type Problem, wrong } from '../problem.ts';
import { isMetricName } from './alert-rule.ts';

/** Exactly one of `gauge`, its value, and `counter`, its growth in a second; a limit may be a plain `value`. */
export interface SaturationAmount {
  readonly gauge?: string;
  readonly counter?: string;
  readonly value?: number;
  /** Label → the values that count; of several series of one pod the largest is taken, of a counter all together. */
  readonly where?: Readonly<Record<string, readonly string[]>>;
}

export interface SaturationSpec {
  /** Absent: every workload of the namespace that tells it. */
  readonly workload?: string;
  readonly used: SaturationAmount;
  readonly limit: SaturationAmount;
  /** Labels that both have and that tell several of a kind apart, as `pool`; the fullest counts. */
  readonly by?: readonly string[];
}

/** One that is in force: what is called by its name is how full it is. */
export interface NamedSaturation extends SaturationSpec {
  readonly namespace: string;
  readonly name: string;
}

const invalid = (path: string, message: string, help: string): Problem => wrong('WEFT0027', path, [message, help]);

function* checkAmount(amount: SaturationAmount, path: string, isLimit: boolean): Iterable<Problem> {
  const said = [amount.gauge, amount.counter, amount.value].filter((one) => one !== undefined);
  const choice = isLimit ? '`gauge`, `counter` and `value`' : '`gauge` and `counter`';
  if (said.length !== 1 || (amount.value !== undefined && !isLimit)) yield invalid(path, `exactly one of ${choice}`, 'Write one of them.');
  for (const kind of ['gauge', 'counter'] as const) {
    const name = amount[kind];
    if (name !== undefined && !isMetricName(name))
      yield invalid(`${path}.${kind}`, `\`${name.slice(0, 80)}\` is no metric`, 'Write its name as Prometheus has it.');
  }
  if (amount.value !== undefined && !(amount.value > 0)) yield invalid(`${path}.value`, 'nothing fits into nothing', 'Write more than 0.');
}

export function* checkSaturation({ used, limit }: SaturationSpec): Iterable<Problem> {
  yield* checkAmount(used, 'spec.used', false);
  yield* checkAmount(limit, 'spec.limit', true);
}
