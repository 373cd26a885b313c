/** Rules asked about measurements that tests make, at a moment that stands still. */
import type { AlertSignal, AlertSubject } from '@weft/model';
import { grown, type Measurement, measured } from '../../query.fixture.ts';
import { judgements } from './judge.ts';
import { type Look, type Sight, watchOf } from './watch.ts';

export const minute = 60_000;
export const hour = 60 * minute;
export const now = Date.UTC(2026, 0, 1) + 5000;
export const nothing: Sight = { proxies: [], certificates: [], plaintextWanted: new Set(), saturations: [] };

export const service = (name: string, namespace = 'shop') => ({
  destination_service: `${name}.${namespace}.svc.cluster.local`,
  destination_service_name: name,
  destination_service_namespace: namespace,
});

/** Minutes ago. */
export const ago = (minutes: number): number => now - 5000 - minutes * minute;

export const requests = (labels: Readonly<Record<string, string>>, minutes: number, amount: number): Measurement =>
  grown('istio_requests_total', { reporter: 'source', response_code: '200', ...labels }, [ago(minutes), amount]);

export interface Asked extends Partial<Look> {
  readonly all?: readonly Measurement[];
  readonly namespace?: string;
  readonly subject?: AlertSubject;
  readonly window?: string;
}

/** What each is labelled with, whether it holds, and why. */
export const judged = async (
  signal: AlertSignal,
  { all = [], namespace = 'shop', subject, window, ...look }: Asked,
): Promise<readonly string[]> => {
  const spec = { signal, ...(subject && { subject }), ...(window && { window }) };
  const watch = watchOf({ metadata: { name: 'rule', namespace }, spec }, 'istio-system');
  const said = await judgements(watch, { query: measured(all), sight: nothing, now, ...look });
  return said.map(({ labels, judgement: { holds, reason } }) => `${Object.values(labels).join('/')}: ${holds}, ${reason}`);
};
