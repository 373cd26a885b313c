/** A proxy's page → a message of Prometheus' remote write 1.0 (prometheus.io/docs/specs/prw/remote_write_spec), compressed as it asks for. */
import { hash } from 'node:crypto';
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { seriesLimits } from '@weft/envoy';
import { WriteRequestSchema } from '@weft/envoy/gen/prometheus/remote_pb.js';
import { TimeSeriesSchema } from '@weft/envoy/gen/prometheus/types_pb.js';
import { type Family, type Labels, parseExposition, proxyMetrics, type Sample, seriesKey, standardLabels } from '@weft/signals';
import { compress } from 'snappyjs';
import type { Look } from '../metrics/metrics.ts';
import { stepEnd } from '../metrics/pending.ts';
import type { Reading } from '../metrics/reading.ts';
import { foundIn, type Telling } from '../metrics/told.ts';

export interface Written {
  readonly body: Uint8Array;
  readonly samples: number;
}

/** What was known of a proxy when it was read before. */
interface Known {
  readonly at: number;
  readonly started: number;
  /** Keys of all of them. */
  readonly series: ReadonlySet<string>;
}

const job = 'weft';

const target = ({ target: name }: Reading): Labels => {
  const [namespace = '', pod = ''] = name.split('/');
  return { namespace, pod, job };
};

/** The specification wants them sorted. */
const sorted = (name: string, labels: Labels) =>
  Object.entries({ ...labels, __name__: name })
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([label, value]) => ({ name: label, value }));

const familiesIn = (reading: Reading): readonly Family[] => {
  const families = proxyMetrics(parseExposition(reading.page, 'text').families, reading.own, seriesLimits);
  const own = families.filter(({ name }) => standardLabels.has(name) || name.startsWith('weft_'));
  const answered = 'weft_proxy_answered';
  return [...own, { name: answered, type: 'gauge', samples: [{ name: answered, labels: {}, value: 1 }] }];
};

const written = (timeseries: Parameters<typeof create<typeof WriteRequestSchema>>[1], samples: number): Written => ({
  body: compress(toBinary(WriteRequestSchema, create(WriteRequestSchema, timeseries))),
  samples,
});

/** At the end of the step in which they count, as Weft's own store has them. */
export const writeLooks = (looks: readonly Look[], now: number): Written => {
  const timestamp = BigInt(stepEnd(now));
  const timeseries = looks.map(({ metric, labels, pod, value }) => ({
    labels: sorted(metric, { ...labels, pod, job }),
    samples: [{ value, timestamp }],
  }));
  return written({ timeseries }, looks.length);
};

/** What applications tell of themselves, as far as somebody asks for it. */
export const writeTelling = (telling: Telling): Written => {
  const timestamp = BigInt(stepEnd(telling.at));
  const timeseries = foundIn(telling).map(({ sample: { name, labels, value } }) => ({
    labels: sorted(name, { ...labels, ...telling.own, job }),
    samples: [{ value, timestamp }],
  }));
  return written({ timeseries }, timeseries.length);
};

const timeseries = WriteRequestSchema.field.timeseries.number;

/** One after the other, such pieces of a message are the whole of it (protobuf.dev/programming-guides/encoding/#last-one-wins). */
const encoded = (piece: MessageInitShape<typeof TimeSeriesSchema>): Uint8Array =>
  toBinary(TimeSeriesSchema, create(TimeSeriesSchema, piece));

interface SeriesPieces {
  /** Short: it is remembered of each series of each proxy. */
  readonly key: string;
  /** Before a histogram's `le`, and behind it. */
  readonly before: Uint8Array;
  readonly behind: Uint8Array;
}

/** Labels of a family's lines, encoded once for all lines of a series: a histogram has twenty. */
class SeriesLines {
  readonly #target: Labels;
  readonly #series = new Map<string, SeriesPieces>();
  readonly #bounds = new Map<string, Uint8Array>();

  constructor(target: Labels) {
    this.#target = target;
  }

  of(family: string, { name, labels }: Sample): { readonly key: string; readonly labels: readonly Uint8Array[] } {
    let written = name;
    for (const label in labels) if (label !== 'le') written += `\0${label}\0${labels[label]}`;
    const { key, before, behind } = this.#series.get(written) ?? this.#learn(written, { family, name, labels });
    const { le } = labels;
    return { key, labels: le === undefined ? [before, behind] : [before, this.#bound(le), behind] };
  }

  #learn(
    written: string,
    { family, name, labels: { le: _, ...labels } }: { readonly family: string } & Pick<Sample, 'name' | 'labels'>,
  ): SeriesPieces {
    const all = sorted(name, { ...labels, ...this.#target });
    const pieces = {
      key: hash('sha1', `${family}${seriesKey('', labels)}`, 'base64'),
      before: encoded({ labels: all.filter((label) => label.name < 'le') }),
      behind: encoded({ labels: all.filter((label) => label.name > 'le') }),
    };
    this.#series.set(written, pieces);
    return pieces;
  }

  #bound(le: string): Uint8Array {
    const known = this.#bounds.get(le) ?? encoded({ labels: [{ name: 'le', value: le }] });
    this.#bounds.set(le, known);
    return known;
  }
}

/** Proxies are read every few seconds: one that is older when it is met was counted before, by whomever. */
const newMs = 60_000;

/** When what is new in a reading was nothing; undefined: nobody knows. */
const nothingAt = ({ at, started }: Reading, known: Known | undefined): number | undefined => {
  if (known?.started === started) return known.at;
  return at - started < newMs && started > (known?.at ?? 0) ? started : undefined;
};

export class RemoteWriter {
  readonly #known = new Map<string, Known>();

  /**
   * What is new was 0 when its proxy was read before, or began, and that is written too: else Prometheus would not count its first requests.
   */
  write(reading: Reading): Written {
    const { at, started } = reading;
    const known = this.#known.get(reading.target);
    const before = nothingAt(reading, known);
    const writer = new BinaryWriter();
    const seen = new Set<string>();
    let samples = 0;
    for (const family of familiesIn(reading)) {
      const lines = new SeriesLines(target(reading));
      for (const sample of family.samples) {
        const { key, labels } = lines.of(family.name, sample);
        seen.add(key);
        const isNew = before !== undefined && !(known?.started === started && known.series.has(key)) && family.name.startsWith('istio_');
        const values = [...(isNew ? [{ value: 0, timestamp: BigInt(before) }] : []), { value: sample.value, timestamp: BigInt(at) }];
        samples += values.length;
        writer.tag(timeseries, WireType.LengthDelimited).bytes(Buffer.concat([...labels, encoded({ samples: values })]));
      }
    }
    this.#known.set(reading.target, { at, started, series: seen });
    this.#forget(at);
    return { body: compress(writer.finish()), samples };
  }

  /** Proxies that were not read for a while are gone. */
  #forget(now: number): void {
    for (const [name, { at }] of this.#known) if (now - at > goneMs) this.#known.delete(name);
  }
}

const goneMs = 600_000;
