/** What weftd counts of itself is kept as what workloads tell is: who looks at last night sees how weftd did, too. */
import { controlPlaneMetrics } from '@weft/model';
import { type Family, Federation } from '@weft/signals';
import type { RemoteStore } from '../worker/stores.ts';

export interface SelfInput {
  readonly families: () => readonly Family[];
  readonly metrics: Pick<RemoteStore<'metrics'>, 'tell'>;
  readonly now: () => number;
}

const intervalMs = 10_000;

const isMean = (name: string): boolean => /_(?:sum|count)$/.test(name);

/** Of a histogram what its mean is made of: two counters. */
const plain = (family: Family): readonly Family[] =>
  family.type !== 'histogram'
    ? [family]
    : [...Map.groupBy(family.samples, ({ name }) => name)]
        .filter(([name]) => isMean(name))
        .map(([name, samples]): Family => ({ ...family, name, type: 'counter', samples }));

const pageOf = (families: readonly Family[]): string => {
  const federation = new Federation('text');
  federation.add({ target: {}, families: families.flatMap(plain) });
  return [...federation.text()].join('');
};

export const tellOfSelf = ({ families, metrics, now }: SelfInput): (() => void) => {
  const tell = (): void => {
    const telling = { target: 'weftd', own: {}, at: now(), page: pageOf(families()), format: 'text' } as const;
    // Where the thread of telemetry is away, that is missing and no more.
    metrics.tell({ ...telling, metrics: Object.keys(controlPlaneMetrics) }).catch(() => undefined);
  };
  tell();
  const timer = setInterval(tell, intervalMs);
  timer.unref();
  return () => clearInterval(timer);
};
