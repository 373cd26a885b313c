/** How full things are that workloads tell of themselves, as objects of kind Saturation say. */
import type { NamedSaturation, SaturationAmount } from '@weft/model';
import type { Question, SignalsQuery } from '../query.ts';

export interface MeasuredShare {
  readonly namespace: string;
  readonly workload: string;
  /** Of the Saturation. */
  readonly name: string;
  /** 1: full; of the fullest pod. */
  readonly share: number;
}

export type Span = Omit<Question, 'metric' | 'where' | 'by'>;

const podLabels = ['namespace', 'workload', 'pod'];

type Amounts = ReadonlyMap<string, { readonly workload: string; readonly value: number }>;

/** By pod, and by what tells several of a kind apart. */
const amountsOf = async (
  query: SignalsQuery,
  { gauge, counter, where = {} }: SaturationAmount,
  { measure, span }: { readonly measure: NamedSaturation; readonly span: Span },
): Promise<Amounts> => {
  const { namespace, workload, by = [] } = measure;
  const asked = {
    ...span,
    by: [...podLabels, ...by],
    where: { ...where, namespace: [namespace], ...(workload !== undefined && { workload: [workload] }) },
  };
  const found = new Map<string, { readonly workload: string; readonly value: number }>();
  const put = (labels: Readonly<Record<string, string>>, value: number): void => {
    found.set(JSON.stringify(asked.by.map((label) => labels[label])), { workload: labels['workload'] ?? '', value });
  };
  if (gauge !== undefined) {
    const { groups } = await query.gauges({ ...asked, metric: gauge });
    for (const { labels, steps } of groups) if (steps.length > 0) put(labels, Math.max(...steps.map(({ value }) => value.max)));
  }
  if (counter !== undefined) {
    const { groups } = await query.counters({ ...asked, metric: counter });
    const seconds = (span.to - span.from) / 1000;
    for (const { labels, steps } of groups) put(labels, steps.reduce((sum, { value }) => sum + value.amount, 0) / seconds);
  }
  return found;
};

const sharesOf = async (query: SignalsQuery, measure: NamedSaturation, span: Span): Promise<readonly MeasuredShare[]> => {
  const used = await amountsOf(query, measure.used, { measure, span });
  const limits = measure.limit.value === undefined ? await amountsOf(query, measure.limit, { measure, span }) : undefined;
  const shares = new Map<string, number>();
  for (const [key, { workload, value }] of used) {
    const limit = measure.limit.value ?? limits?.get(key)?.value ?? 0;
    // Who does not tell a limit has none that is known.
    if (limit > 0) shares.set(workload, Math.max(shares.get(workload) ?? 0, value / limit));
  }
  return [...shares].map(([workload, share]) => ({ namespace: measure.namespace, workload, name: measure.name, share }));
};

export const measuredShares = async (
  query: SignalsQuery,
  measures: readonly NamedSaturation[],
  span: Span,
): Promise<readonly MeasuredShare[]> => (await Promise.all(measures.map((measure) => sharesOf(query, measure, span)))).flat();
