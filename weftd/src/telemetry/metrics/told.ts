/**
 * What workloads tell of themselves, as far as somebody asks for it: an application's page, or Envoy's own figures. Gauges are looks, of
 * counters is kept how much they grew.
 */
import { type Format, type Labels, parseExposition, type Sample, seriesKey } from '@weft/signals';
import type { Look } from './metrics.ts';
import { stretchOf } from './pending.ts';
import type { Memory } from './reading.ts';
import { Standing, type Target } from './targets.ts';

export interface Telling {
  /** The same for as long as the pod lives. */
  readonly target: string;
  /** Of the pod, beside those of the samples. */
  readonly own: Labels;
  /** Unix milliseconds. */
  readonly at: number;
  readonly page: string;
  readonly format: Format;
  /** Metrics that are asked for; all others are passed over. */
  readonly metrics: readonly string[];
}

/** Of one page: an application's labels are its own to choose. */
const mostSeries = 1000;

export interface Told {
  readonly looks: readonly Look[];
  /** Series that were too many. */
  readonly leftOut: number;
}

interface Found {
  readonly isCounter: boolean;
  readonly sample: Sample;
}

/** What is asked for, counters and gauges. */
export const foundIn = ({ page, format, metrics }: Telling): readonly Found[] => {
  const wanted = new Set(metrics);
  return parseExposition(page, format)
    .families.flatMap(({ type, samples }) => samples.map((sample) => ({ isCounter: type === 'counter', sample })))
    .filter(({ sample }) => wanted.has(sample.name) && Number.isFinite(sample.value));
};

/** @returns undefined where nobody knows how much of it is new */
const grownBy = (
  target: Target,
  standing: Standing,
  { key, value }: { readonly key: number; readonly value: number },
): number | undefined => {
  const { offset, isNew } = standing.slot(key, 1);
  const before = standing.values[offset] ?? 0;
  standing.values[offset] = value;
  if (isNew && target.at === 0) return undefined;
  // Smaller than it was: the process began anew.
  return isNew || value < before ? value : value - before;
};

export const takeTelling = (telling: Telling, { catalogue, targets, waiting }: Memory): Told => {
  const { at, own } = telling;
  const name = `${telling.target} itself`;
  const target = targets.get(name) ?? targets.add(name);
  const standing = new Standing(target);
  const found = foundIn(telling);
  const looks: Look[] = [];
  let leftOut = Math.max(0, found.length - mostSeries);
  const stretch = stretchOf(target.at === 0 ? at : target.at, at);
  for (const { isCounter, sample } of found.slice(0, mostSeries)) {
    // What the pod is called is not the application's to say.
    const labels = { ...sample.labels, ...own };
    if (!isCounter) looks.push({ metric: sample.name, labels, pod: own['pod'] ?? '', value: sample.value });
    const key = targets.key(sample.name, seriesKey('', sample.labels));
    const grown = isCounter ? grownBy(target, standing, { key, value: sample.value }) : undefined;
    if (!grown) continue;
    const place = catalogue.place({ metric: sample.name, kind: 'counter', bounds: [] }, catalogue.sets.of(labels));
    if (place === undefined) leftOut += 1;
    else waiting.add(stretch, place, { values: [grown], gap: false });
  }
  standing.store(target);
  target.isChanged = true;
  target.at = at;
  return { looks, leftOut };
};
