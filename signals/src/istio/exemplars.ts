/**
 * From how long requests took to traces of such: spans that a proxy told, as exemplars of the buckets in which it counted the same requests. A span
 * says less than a series' labels; it stands where only one series can be meant.
 */
import type { Span } from '@weft/model';
import type { Exemplar, Family, Labels, Sample } from '../prometheus/exposition.ts';

export interface TracedSpan extends Pick<Span, 'id' | 'kind' | 'at' | 'duration' | 'attributes'> {
  readonly trace: string;
}

const metric = 'istio_request_duration_milliseconds';

/** Whom a cluster is of. */
const hostOf = (cluster: string | undefined): string | undefined => /^outbound\|\d+\|[^|]*\|([^;]+)/.exec(cluster ?? '')?.[1];

/** What a span says of the series that its request is counted in; undefined: nothing that would tell it from others. */
const labelsOf = ({ kind, attributes }: TracedSpan): Labels | undefined => {
  const { 'http.status_code': code, response_flags: flags, 'grpc.status_code': grpc, source_principal: principal } = attributes;
  if (code === undefined) return undefined;
  const told = {
    response_code: code,
    ...(flags !== undefined && { response_flags: flags }),
    ...(grpc !== undefined && { request_protocol: 'grpc' }),
  };
  if (kind === 'server') return { ...told, reporter: 'destination', ...(principal && { source_principal: principal }) };
  const host = hostOf(attributes['upstream_cluster.name'] ?? attributes['upstream_cluster']);
  return kind === 'client' && host !== undefined ? { ...told, reporter: 'source', destination_service: host } : undefined;
};

/** Of one series, in rising order. */
interface Buckets {
  readonly labels: Labels;
  readonly bounds: readonly number[];
  /** Where its first bucket stands among the samples. */
  readonly first: number;
}

const bucketsIn = (samples: readonly Sample[]): readonly Buckets[] => {
  const all: { labels: Labels; bounds: number[]; first: number }[] = [];
  for (const [index, { name, labels }] of samples.entries()) {
    if (name !== `${metric}_bucket`) continue;
    const bound = labels['le'] === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels['le']);
    const last = all.at(-1);
    // The buckets of a series stand together.
    if (last && last.first + last.bounds.length === index && bound > (last.bounds.at(-1) ?? 0)) last.bounds.push(bound);
    else all.push({ labels, bounds: [bound], first: index });
  }
  return all;
};

const isOf = (labels: Labels, told: Labels): boolean => Object.entries(told).every(([label, value]) => labels[label] === value);

/** The bucket that counted it; undefined where that has counted nothing yet. */
const placeOf = ({ bounds, first }: Buckets, duration: number, samples: readonly Sample[]): number | undefined => {
  const index = first + bounds.findIndex((bound) => duration <= bound);
  const below = index === first ? 0 : (samples[index - 1]?.value ?? 0);
  return (samples[index]?.value ?? 0) > below ? index : undefined;
};

const exemplarOf = ({ trace, id, duration, at }: TracedSpan): Exemplar => ({
  labels: { trace_id: trace, span_id: id },
  value: duration,
  at: Math.round(at + duration),
});

/** @param spans of the same proxy, newest first: of each bucket the newest is shown. */
export const withExemplars = (families: readonly Family[], spans: readonly TracedSpan[]): readonly Family[] => {
  if (spans.length === 0) return families;
  return families.map((family) => {
    if (family.name !== metric) return family;
    const series = bucketsIn(family.samples);
    const shown = new Map<number, Exemplar>();
    for (const span of spans) {
      const told = labelsOf(span);
      const [found, another] = told ? series.filter(({ labels }) => isOf(labels, told)) : [];
      const place = found && !another ? placeOf(found, span.duration, family.samples) : undefined;
      if (place !== undefined && !shown.has(place)) shown.set(place, exemplarOf(span));
    }
    return {
      ...family,
      samples: family.samples.map((sample, index) => {
        const exemplar = shown.get(index);
        return exemplar ? { ...sample, exemplar } : sample;
      }),
    };
  });
};
