/**
 * What workloads tell of themselves, as far as somebody asks for it: an application's page, or Envoy's own figures. Gauges are looks, of
 * counters is kept how much they grew.
 */
import { type Format, type Labels, parseExposition, type Sample, seriesKey } from '@weft/signals';
import type { Look } from './metrics.ts';
import { stretchOf } from './pending.ts';
import type { Memory } from './reading.ts';
import { room, type Target } from './targets.ts';
import { seenIn, views } from './views.ts';

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

const foundIn = ({ page, format, metrics }: Telling): readonly Found[] => {
  const wanted = new Set(metrics);
  return parseExposition(page, format)
    .families.flatMap(({ type, samples }) => samples.map((sample) => ({ isCounter: type === 'counter', sample })))
    .filter(({ sample }) => wanted.has(sample.name) && Number.isFinite(sample.value));
};

/** @returns undefined where nobody knows how much of it is new */
const grownBy = (target: Target, key: number, { value }: Sample): number | undefined => {
  const isNew = !target.slots.has(key);
  const { offset } = room(target, key, 1);
  const before = target.values[offset] ?? 0;
  target.values[offset] = value;
  target.isChanged = true;
  if (isNew && target.at === 0) return undefined;
  // Smaller than it was: the process began anew.
  return isNew || value < before ? value : value - before;
};

export const takeTelling = (telling: Telling, { catalogue, targets, waiting }: Memory): Told => {
  const { at, own } = telling;
  const name = `${telling.target} itself`;
  const target = targets.get(name) ?? targets.add(name);
  const found = foundIn(telling);
  const looks: Look[] = [];
  let leftOut = Math.max(0, found.length - mostSeries);
  const stretch = stretchOf(target.at === 0 ? at : target.at, at);
  for (const { isCounter, sample } of found.slice(0, mostSeries)) {
    // What the pod is called is not the application's to say.
    const labels = { ...sample.labels, ...own };
    if (!isCounter) looks.push({ metric: sample.name, labels, value: sample.value });
    const grown = isCounter ? grownBy(target, targets.key(sample.name, seriesKey('', sample.labels)), sample) : undefined;
    if (!grown) continue;
    const seen = views.map((view, index) => ({ view: index, labels: catalogue.shared(seenIn(view, labels)) }));
    const places = catalogue.places({ metric: sample.name, kind: 'counter', bounds: [] }, seen);
    if (places === undefined) leftOut += 1;
    for (const place of places ?? []) waiting.add(stretch, place, { values: [grown], gap: false });
  }
  target.at = at;
  return { looks, leftOut };
};
