/** What observations of the mesh mean: numbers and lines in, words and decisions out; no clock, no disk, no network. */

export * from './alerts/alert.ts';
export * from './alerts/book.ts';
export * from './alerts/budget-burn.ts';
export { allMatch, type Matcher } from './alerts/matcher.ts';
export * from './alerts/muting.ts';
export { builtInRules } from './alerts/rules/built-in.ts';
export { judgements } from './alerts/rules/judge.ts';
export { settled, stepFor } from './alerts/rules/steps.ts';
export {
  isPresent,
  type Look,
  type SeenCertificate,
  type SeenNow,
  type SeenProxy,
  type Sight,
  type Watch,
  watchOf,
} from './alerts/rules/watch.ts';
export * from './alerts/state.ts';
export * from './alerts/telling.ts';
export * from './errors/diagnosis.ts';
export * from './errors/flags.ts';
export * from './errors/grpc.ts';
export * from './errors/hops.ts';
export * from './errors/refusal.ts';
export * from './golden/by-labels.ts';
export * from './golden/figures.ts';
export { type MeasuredShare, measuredShares } from './golden/measured.ts';
export * from './golden/observed.ts';
export * from './golden/signals.ts';
export * from './golden/subjects.ts';
export * from './istio/exemplars.ts';
export * from './istio/page.ts';
export * from './istio/proxy-metrics.ts';
export * from './istio/standard.ts';
export * from './objective/budget.ts';
export * from './objective/burning.ts';
export * from './objective/counts.ts';
export * from './objective/events.ts';
export * from './objective/objective.ts';
export { toOpenSlo } from './objective/openslo.ts';
export { fromOpenSlo, type Imported, type Manifest } from './objective/openslo-import.ts';
export { windowOf } from './objective/period.ts';
export { objectiveProgress, type ProgressSearch } from './objective/progress.ts';
export { availabilityProposal, latencyProposal } from './objective/proposal.ts';
export { forecastSpan, objectiveStatus } from './objective/status.ts';
export * from './prometheus/exposition.ts';
export * from './prometheus/federation.ts';
export { labelsIn } from './prometheus/line.ts';
export * from './prometheus/merge.ts';
export { parseExposition } from './prometheus/parse.ts';
export { contentTypes } from './prometheus/write.ts';
export * from './query.ts';
export * from './records/arrivals.ts';
export { readRecord } from './records/line.ts';
export * from './records/mtls.ts';
export * from './records/query.ts';
export type * from './records/record.ts';
export * from './records/routes.ts';
export * from './records/top.ts';
export * from './records/uses.ts';
export * from './series/histogram.ts';
export * from './series/looks.ts';
export * from './series/steps.ts';
export * from './topology/counts.ts';
export * from './topology/edge.ts';
export * from './topology/impact.ts';
export * from './traces/critical-path.ts';
export * from './traces/waterfall.ts';
export * from './why/came-in.ts';
export * from './why/why.ts';
