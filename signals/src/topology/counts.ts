/** What was measured of all edges, by the labels of each. */
import { isFailed } from '../golden/figures.ts';
import type { Observed, ObservedAll } from '../golden/observed.ts';
import type { Labels } from '../prometheus/exposition.ts';
import { groupLabels } from '../query.ts';
import type { EdgeCounts } from './edge.ts';
import { edgeLabels } from './edge.ts';

export interface CountedEdge {
  readonly labels: Labels;
  readonly counts: EdgeCounts;
}

const sum = (amounts: readonly number[]): number => amounts.reduce((all, amount) => all + amount, 0);

const requestsIn = ({ answers }: Observed): number => sum(answers.map(({ amount }) => amount));

/** How often servers saw each edge under this policy. */
const seen = ({ subjects }: ObservedAll, policy: string): ReadonlyMap<string, number> => {
  const byEdge = new Map<string, number>();
  for (const { labels, steps } of subjects) {
    if (labels['connection_security_policy'] !== policy) continue;
    const key = JSON.stringify(groupLabels(labels, edgeLabels));
    byEdge.set(key, sum([byEdge.get(key) ?? 0, ...[...steps.values()].map((one) => requestsIn(one) + one.opened)]));
  }
  return byEdge;
};

export const countedEdges = (traffic: ObservedAll, protection: ObservedAll): readonly CountedEdge[] => {
  const mutual = seen(protection, 'mutual_tls');
  const plaintext = seen(protection, 'none');
  return traffic.subjects.map(({ labels, steps }) => {
    const all = [...steps.values()];
    const key = JSON.stringify(groupLabels(labels, edgeLabels));
    const failed = all.flatMap(({ answers }) => answers).filter(isFailed);
    const counts: EdgeCounts = {
      requests: sum(all.map(requestsIn)),
      failed: sum(failed.map(({ amount }) => amount)),
      opened: sum(all.map(({ opened }) => opened)),
      received: sum(all.map(({ received }) => received)),
      sent: sum(all.map(({ sent }) => sent)),
      mutual: mutual.get(key) ?? 0,
      plaintext: plaintext.get(key) ?? 0,
      durations: all.flatMap(({ durations }) => durations),
    };
    return { labels, counts };
  });
};
