/** Weights as whole percents. */
import type { HttpRouteSettings } from '@weft/model';

/** What one slider gains, the others lose in proportion: whole percents that sum to 100. */
export const rebalanced = (weights: readonly number[], index: number, value: number): readonly number[] => {
  const others = weights.map((weight, at) => (at === index ? 0 : weight));
  const sum = others.reduce((a, b) => a + b, 0);
  const left = 100 - value;
  const shared = others.map((weight, at) => (at === index ? value : sum === 0 ? left / (weights.length - 1) : (weight / sum) * left));
  const whole = shared.map(Math.floor);
  const missing = 100 - whole.reduce((a, b) => a + b, 0);
  const receiver = shared.findIndex((share, at) => at !== index && share > 0);
  return whole.map((weight, at) => (at === (receiver < 0 ? (index + 1) % weights.length : receiver) ? weight + missing : weight));
};

/** As they are, in whole percents that sum to 100; without any weight all goes to the first. */
export const percents = (route: NonNullable<HttpRouteSettings['route']>): readonly number[] => {
  const sum = route.reduce((all, { weight = 0 }) => all + weight, 0);
  if (sum === 0) return route.map((_, index) => (index === 0 ? 100 : 0));
  const [first = 0, ...rest] = route.map(({ weight = 0 }) => Math.round((weight / sum) * 100));
  return [first + 100 - [first, ...rest].reduce((a, b) => a + b, 0), ...rest];
};
