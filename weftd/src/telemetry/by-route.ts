/** What is asked of routes is answered by records, since metrics do not tell them apart; all else by metrics. */
import type { Question, SignalsQuery } from '@weft/signals';
import type { RemoteStores } from './worker/stores.ts';

const isOfRoutes = ({ where = {}, by = [] }: Question): boolean => Object.hasOwn(where, 'route') || by.includes('route');

export const byRoute = (metrics: SignalsQuery, records: RemoteStores['records'], now: () => number): SignalsQuery => ({
  counters: (question) => (isOfRoutes(question) ? records.routeCounters(question, now()) : metrics.counters(question)),
  histograms: (question) => (isOfRoutes(question) ? records.routeHistograms(question, now()) : metrics.histograms(question)),
  gauges: (question) => metrics.gauges(question),
});
