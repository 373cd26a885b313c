/**
 * What weftd looks at itself, and asks workloads for, is kept here in any case; where nothing is, a Prometheus server that measurements are read
 * from may know.
 */
import type { Answered, Measured, Question, SignalsQuery } from '@weft/signals';

const isTraffic = ({ metric }: Question): boolean => metric.startsWith('istio_');

const firstToKnow = async <Value extends Measured>(
  question: Question,
  own: (question: Question) => Promise<Answered<Value>>,
  others: (question: Question) => Promise<Answered<Value>>,
): Promise<Answered<Value>> => {
  if (isTraffic(question)) return others(question);
  const found = await own(question);
  return found.groups.length > 0 ? found : others(question);
};

/** @param others where measurements of traffic are read */
export const withOwnMetrics = (own: Pick<SignalsQuery, 'counters' | 'gauges'>, others: SignalsQuery): SignalsQuery => ({
  counters: (question) => firstToKnow(question, own.counters, others.counters),
  histograms: others.histograms,
  gauges: (question) => firstToKnow(question, own.gauges, others.gauges),
});
