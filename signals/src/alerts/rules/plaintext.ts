/** Who is called without mutual TLS, though it is not turned off there. */
import { periodText } from '@weft/model';
import { hostOf } from '../../objective/requests.ts';
import { lastOf, lookBack, sumOf } from './steps.ts';
import type { Judge } from './watch.ts';

const by = ['destination_workload', 'destination_workload_namespace'];

export const plaintext: Judge = async (watch, { query, sight, now }) => {
  const { namespace, home, subject, window, rule } = watch;
  const where = {
    reporter: ['destination'],
    connection_security_policy: ['none'],
    ...(subject.service !== undefined && { destination_service: [hostOf(subject.service, home)] }),
    ...(subject.workload !== undefined && subject.workload !== '*' && { destination_workload: [subject.workload] }),
    ...(namespace !== undefined && { destination_workload_namespace: [namespace] }),
  };
  const metrics = ['istio_requests_total', 'istio_tcp_connections_opened_total'];
  const answers = await Promise.all(metrics.map((metric) => query.counters({ metric, where, by, ...lookBack(watch, now) })));
  const groups = Map.groupBy(
    answers.flatMap((answer) => answer.groups),
    ({ labels }) => `${labels['destination_workload_namespace']}/${labels['destination_workload']}`,
  );
  return [...groups].map(([name, members]) => {
    const [of = '', workload = ''] = name.split('/');
    const amount = members.reduce((sum, group) => sum + sumOf(lastOf(group, watch, now)), 0);
    const isWanted = sight.plaintextWanted.has(name);
    const words = `${Math.round(amount)} requests and connections came without mutual TLS in ${periodText(window)}`;
    const reason = isWanted ? `${words}, where it is turned off` : words;
    return { rule: rule.name, labels: { namespace: of, workload }, judgement: { holds: amount > 0 && !isWanted, reason } };
  });
};
