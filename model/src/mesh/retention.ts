/** How long what is observed is kept, and in how much room: annotations of the mesh's settings, `7d, 2Gi`, of which either may be left out. */
import { parseDuration } from '../duration.ts';
import type { Problem } from '../problem.ts';
import type { Metadata } from '../resource.ts';
import { invalid } from '../rule.ts';
import { childPath } from '../yaml/json.ts';

export interface Retention {
  /** From which age on it is forgotten, and from how many bytes on the oldest of it. */
  readonly maxAgeMs: number;
  readonly maxBytes: number;
}

/** Records of requests, measurements, traces, and who talked to whom in each minute. */
export const telemetryKinds = ['records', 'metrics', 'traces', 'topology'] as const;
export type TelemetryKind = (typeof telemetryKinds)[number];

export type TelemetryRetention = Readonly<Record<TelemetryKind, Retention>>;

type Annotations = Metadata['annotations'];

const hour = 3_600_000;
const day = 24 * hour;
const [mebi, gibi] = [1024 ** 2, 1024 ** 3];

export const defaultRetention: TelemetryRetention = {
  records: { maxAgeMs: 7 * day, maxBytes: 2 * gibi },
  metrics: { maxAgeMs: 90 * day, maxBytes: 6 * gibi },
  traces: { maxAgeMs: 7 * day, maxBytes: 512 * mebi },
  topology: { maxAgeMs: 30 * day, maxBytes: gibi },
};

const whole: Retention = { maxAgeMs: Number.MAX_SAFE_INTEGER, maxBytes: Number.MAX_SAFE_INTEGER };

/** Before it is known what is wanted, nothing is forgotten. */
export const keptWhole: TelemetryRetention = { records: whole, metrics: whole, traces: whole, topology: whole };

/** Less would forget what alerts and pages look at. */
const least: Retention = { maxAgeMs: hour, maxBytes: 16 * mebi };
/** Longer than anybody keeps anything, and no number that overflows. */
const most: Retention = { maxAgeMs: 3_660 * day, maxBytes: 1024 ** 5 };

const prefix = 'mesh.weft.dev/keep-';
const nameOf = (kind: TelemetryKind): string => `${prefix}${kind}`;

const isKnown = (annotation: string): boolean => telemetryKinds.some((kind) => nameOf(kind) === annotation);

const ageIn = (text: string): number | undefined => {
  const days = /^(\d{1,6})d$/.exec(text)?.[1];
  return days === undefined ? parseDuration(text) : Number(days) * day;
};

/** As Kubernetes writes quantities (kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity). */
const units: Readonly<Record<string, number>> = {
  ...{ Ki: 1024, Mi: mebi, Gi: gibi, Ti: 1024 ** 4 },
  ...{ k: 1e3, M: 1e6, G: 1e9, T: 1e12 },
};

const bytesIn = (text: string): number | undefined => {
  const [, number, unit = ''] = /^(\d{1,12})([KMGT]i|[kMGT])$/.exec(text) ?? [];
  return number === undefined ? undefined : Number(number) * (units[unit] ?? 1);
};

type Read = { readonly [Name in keyof Retention]?: number };

const wordsIn = (text: string): readonly string[] => text.split(/[\s,]+/).filter(Boolean);

const readWord = (word: string): Read => {
  const [maxAgeMs, maxBytes] = [ageIn(word), bytesIn(word)];
  return { ...(maxAgeMs !== undefined && { maxAgeMs }), ...(maxBytes !== undefined && { maxBytes }) };
};

/** @returns what is wrong with one word of it */
const flawOf = (word: string): string | undefined => {
  const [[field, value] = []] = Object.entries(readWord(word)) as readonly (readonly [keyof Retention, number])[];
  if (field === undefined || value === undefined) return `\`${word.slice(0, 40)}\` is no age and no size`;
  if (value < least[field]) return `\`${word}\` is less than ${field === 'maxAgeMs' ? 'an hour' : '16Mi'}`;
  return value > most[field] ? `\`${word}\` is more than ${field === 'maxAgeMs' ? 'ten years' : '1024Ti'}` : undefined;
};

/** What cannot be read counts as not written. */
export const readRetention = (annotations: Annotations): TelemetryRetention => {
  const of = (kind: TelemetryKind): Retention => {
    const words = wordsIn(annotations[nameOf(kind)] ?? '').filter((word) => flawOf(word) === undefined);
    return { ...defaultRetention[kind], ...Object.assign({}, ...words.map(readWord)) };
  };
  return { records: of('records'), metrics: of('metrics'), traces: of('traces'), topology: of('topology') };
};

const help = 'Write an age and a size, or one of them: `7d, 2Gi`.';

export function* checkRetention(annotations: Annotations): Iterable<Problem> {
  for (const annotation of Object.keys(annotations).filter((name) => name.startsWith(prefix) && !isKnown(name)))
    yield invalid(
      childPath('metadata.annotations', annotation),
      'nothing of that name is kept',
      `There are ${telemetryKinds.map(nameOf).join(', ')}.`,
    );
  for (const kind of telemetryKinds) {
    const path = childPath('metadata.annotations', nameOf(kind));
    const text = annotations[nameOf(kind)];
    if (text === undefined) continue;
    const words = wordsIn(text);
    if (words.length === 0) yield invalid(path, 'nothing stands there', help);
    for (const word of words) {
      const flaw = flawOf(word);
      if (flaw) yield invalid(path, flaw, help);
    }
    const fields = words.flatMap((word) => Object.keys(readWord(word)));
    if (new Set(fields).size < fields.length) yield invalid(path, 'an age or a size stands there twice', help);
  }
}
