/** What observations of the mesh mean: numbers and lines in, words and decisions out; no clock, no disk, no network. */

export * from './alerts/alert.ts';
export * from './alerts/book.ts';
export * from './alerts/budget-burn.ts';
export type { Matcher } from './alerts/matcher.ts';
export * from './alerts/muting.ts';
export * from './alerts/state.ts';
export * from './alerts/telling.ts';
export * from './istio/proxy-metrics.ts';
export * from './istio/standard.ts';
export * from './objective/budget.ts';
export * from './objective/burning.ts';
export * from './objective/events.ts';
export * from './objective/objective.ts';
export { toOpenSlo } from './objective/openslo.ts';
export { fromOpenSlo, type Imported, type Manifest } from './objective/openslo-import.ts';
export { windowOf } from './objective/period.ts';
export * from './prometheus/exposition.ts';
export * from './prometheus/merge.ts';
export { parseExposition } from './prometheus/parse.ts';
export { contentTypes, writeExposition } from './prometheus/write.ts';
export * from './series/counter.ts';
export * from './series/histogram.ts';
export * from './series/readings.ts';
export * from './series/steps.ts';
