/** How full things are: circuit breakers of services, and what objects of kind Saturation measure of workloads. */
import { periodText } from '@weft/model';
import { readFlags } from '../../errors/flags.ts';
import { measuredShares } from '../../golden/measured.ts';
import { hostOf, requestsOf } from '../../objective/requests.ts';
import type { Labels } from '../../prometheus/exposition.ts';
import type { Where } from '../../query.ts';
import type { Observation } from '../alert.ts';
import { judgedBy } from './bound.ts';
import { lastOf, lookBack, sumOf } from './steps.ts';
import { bySubject, wantedOf } from './subject.ts';
import type { Judge, Look, Watch } from './watch.ts';

const breakers = {
  weft_connections_used_share: 'connections',
  weft_pending_requests_used_share: 'requests that wait',
} as const;

const ownHost = /^([^.]+)\.([^.]+)\.svc\./;

/** Services of the namespace, whoever calls them. */
const serviceOf = (host: string, { subject, home, namespace }: Watch): Labels | undefined => {
  const [, service = '', of = ''] = ownHost.exec(host) ?? [];
  if (subject.service !== undefined && host !== hostOf(subject.service, home)) return undefined;
  return service !== '' && (namespace === undefined || namespace === of) ? { namespace: of, service } : undefined;
};

const observationOf = (watch: Watch, labels: Labels, percent: number | undefined): Observation => ({
  rule: watch.rule.name,
  labels,
  judgement: judgedBy(
    watch.signal.saturation ?? {},
    percent,
    (value) => `${labels['of']}: ${value} % in use in ${periodText(watch.window)}`,
  ),
});

/** The fullest of all that call it. */
const ofBreakers = async (watch: Watch, { query, now }: Look): Promise<readonly Observation[]> => {
  const all: Observation[] = [];
  for (const [metric, of] of Object.entries(breakers)) {
    const where: Where = watch.subject.service === undefined ? {} : { destination_service: [hostOf(watch.subject.service, watch.home)] };
    const { groups } = await query.gauges({ metric, where, by: ['destination_service'], ...lookBack(watch, now) });
    for (const group of groups) {
      const labels = serviceOf(group.labels['destination_service'] ?? '', watch);
      const shares = lastOf(group, watch, now).map(({ value }) => value.max);
      if (labels) all.push(observationOf(watch, { ...labels, of }, shares.length === 0 ? undefined : 100 * Math.max(...shares)));
    }
  }
  return all;
};

/** Envoy's word for what it refused since there was no more room. */
const overflow = 'UO';

const ofOverflow = async (watch: Watch, { query, now }: Look): Promise<readonly Observation[]> => {
  const { by, ...wanted } = wantedOf(watch);
  const { groups } = await requestsOf(query, { ...lookBack(watch, now), ...wanted, by: [...by, 'response_flags'] });
  const refused = groups.filter(({ labels }) => readFlags(labels['response_flags'] ?? '').includes(overflow));
  return bySubject(refused, watch).map(([labels, members]) => {
    const amount = Math.round(members.reduce((sum, group) => sum + sumOf(lastOf(group, watch, now)), 0));
    const reason = `${amount} requests were refused in ${periodText(watch.window)}, since there was no more room`;
    const { above } = watch.signal.saturation ?? {};
    return {
      rule: watch.rule.name,
      labels: { ...labels, of: 'requests refused' },
      judgement: { holds: above !== undefined && amount > 0, reason },
    };
  });
};

const ofMeasures = async (watch: Watch, { query, sight, now }: Look): Promise<readonly Observation[]> => {
  const { namespace, subject } = watch;
  const measures = sight.saturations.filter((one) => namespace === undefined || one.namespace === namespace);
  const shares = await measuredShares(query, measures, lookBack(watch, now, 1));
  return shares
    .filter(({ workload }) => subject.workload === undefined || subject.workload === '*' || workload === subject.workload)
    .map(({ namespace: of, workload, name, share }) => observationOf(watch, { namespace: of, workload, of: name }, 100 * share));
};

/** Of a workload what it measures itself, of a service what calls it; without a subject both. */
export const saturation: Judge = async (watch, look) => {
  const { service, workload } = watch.subject;
  const ofServices = workload === undefined ? [...(await ofBreakers(watch, look)), ...(await ofOverflow(watch, look))] : [];
  const ofWorkloads = service === undefined ? await ofMeasures(watch, look) : [];
  return [...ofServices, ...ofWorkloads];
};
