/** Whether counts look like the probabilities that were promised. */

/** ln(k!) by Stirling's series: exact enough from the first term that is used. */
const logFactorial = (k: number): number => {
  if (k < 20) return Array.from({ length: k }, (_, i) => Math.log(i + 1)).reduce((sum, term) => sum + term, 0);
  return k * Math.log(k) - k + 0.5 * Math.log(2 * Math.PI * k) + 1 / (12 * k) - 1 / (360 * k ** 3);
};

const probability = (n: number, k: number, p: number): number => {
  if (p <= 0 || p >= 1) return k === (p <= 0 ? 0 : n) ? 1 : 0;
  return Math.exp(logFactorial(n) - logFactorial(k) - logFactorial(n - k) + k * Math.log(p) + (n - k) * Math.log(1 - p));
};

/** What may lie outside where a count decides: of all the suite's counts together, less than one right one in a hundred thousand runs. */
export const extreme = 1e-7;

/**
 * Whether `count` of `n` lies within the two-sided interval of the binomial distribution that holds all but `outside` of the right
 * counts: 99.9 % of them, where nothing else is said.
 */
export const isLikely = (count: number, n: number, p: number, outside = 0.001): boolean => {
  const tail = (from: number, to: number) => {
    let sum = 0;
    for (let k = from; k <= to; k += 1) sum += probability(n, k, p);
    return sum;
  };
  return tail(0, count) >= outside / 2 && tail(count, n) >= outside / 2;
};
