/** How far chance may carry a count from what is expected of it. */

/** Two-sided, 99.9 % of a normal distribution: one right count in a thousand lies outside. */
export const usual = 3.2905;
/** One right count in two million lies outside: for what is looked at once. */
export const extreme = 5;

/** The interval around what is expected of `n` trials with this probability (normal approximation, continuity-corrected). */
export const binomialInterval = (n: number, probability: number, z = usual): readonly [number, number] => {
  const [mean, deviation] = [n * probability, Math.sqrt(n * probability * (1 - probability))];
  return [Math.max(0, Math.floor(mean - z * deviation - 0.5)), Math.min(n, Math.ceil(mean + z * deviation + 0.5))];
};

/** The same for events that come one by one, on average `mean` of them. */
export const poissonInterval = (mean: number, z = usual): readonly [number, number] => {
  const deviation = Math.sqrt(mean);
  return [Math.max(0, Math.floor(mean - z * deviation - 0.5)), Math.ceil(mean + z * deviation + 0.5)];
};
