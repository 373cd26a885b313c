/** Objectives in words. */
import type { ObjectiveStatus } from '@weft/model';
import type { Tone } from '../kit/parts.tsx';

/** How many times as fast as its budget lasts it burns now: over the long window that says most. */
export const burnOf = ({ burnRates }: ObjectiveStatus): number => Math.max(0, ...burnRates.map(({ overLong }) => overLong ?? 0));

export const toneOfBudget = (remaining: number): Tone => (remaining <= 0 ? 'bad' : remaining < 25 ? 'warn' : 'good');

export const indicatorOf = ({ subject: { service, route, caller }, indicator }: ObjectiveStatus): string => {
  const what = indicator.kind === 'availability' ? 'answers' : `answers within ${indicator.thresholdMs} ms`;
  const who = caller && (caller.workload ?? caller.namespace ?? caller.principal);
  return [service, what, route && `on route ${route}`, who && `for ${who}`].filter(Boolean).join(' ');
};

/** Istio's labels of the service that it is about: written short it is one of the objective's own namespace. */
export const serviceLabels = ({ namespace, subject: { service } }: ObjectiveStatus): Readonly<Record<string, string>> => ({
  destination_service: service.includes('.') ? service : `${service}.${namespace}.svc.cluster.local`,
});
