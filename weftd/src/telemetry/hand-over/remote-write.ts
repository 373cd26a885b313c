/** A proxy's page → a message of Prometheus' remote write 1.0 (prometheus.io/docs/specs/prw/remote_write_spec), compressed as it asks for. */
import { create, toBinary } from '@bufbuild/protobuf';
import { seriesLimits } from '@weft/envoy';
import { WriteRequestSchema } from '@weft/envoy/gen/prometheus/remote_pb.js';
import { type Labels, parseExposition, proxyMetrics, type Sample, seriesKey, standardLabels } from '@weft/signals';
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

const samplesIn = (reading: Reading): readonly Sample[] => {
  const families = proxyMetrics(parseExposition(reading.page, 'text').families, reading.own, seriesLimits);
  const own = families.filter(({ name }) => standardLabels.has(name) || name.startsWith('weft_')).flatMap(({ samples }) => samples);
  return [...own, { name: 'weft_proxy_answered', labels: {}, value: 1 }];
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
    const labels = target(reading);
    const seen = new Set<string>();
    let samples = 0;
    const timeseries = samplesIn(reading).map((sample) => {
      const key = seriesKey(sample.name, sample.labels);
      seen.add(key);
      const isNew = before !== undefined && !(known?.started === started && known.series.has(key)) && sample.name.startsWith('istio_');
      const values = [...(isNew ? [{ value: 0, timestamp: BigInt(before) }] : []), { value: sample.value, timestamp: BigInt(at) }];
      samples += values.length;
      return { labels: sorted(sample.name, { ...sample.labels, ...labels }), samples: values };
    });
    this.#known.set(reading.target, { at, started, series: seen });
    this.#forget(at);
    return written({ timeseries }, samples);
  }

  /** Proxies that were not read for a while are gone. */
  #forget(now: number): void {
    for (const [name, { at }] of this.#known) if (now - at > goneMs) this.#known.delete(name);
  }
}

const goneMs = 600_000;
