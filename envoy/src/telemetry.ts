/** What proxies say of their traffic: where records are written, and how many series of metrics there may be. */

/** Relative to where Envoy was started: many proxies share a listener, and each has a directory of its own. */
export const recordFile = 'records.jsonl';

/** For each place that counts; above, Envoy drops without a word [E40]. */
export const seriesLimits = { counters: 20_000, histograms: 20_000 } as const;

/** Variables of a proxy's environment from which its spans say whose they are: by the names of Istio's tags. */
export const spanVariables = {
  'istio.canonical_service': 'WEFT_CANONICAL_SERVICE',
  'istio.canonical_revision': 'WEFT_CANONICAL_REVISION',
  'istio.namespace': 'WEFT_NAMESPACE',
  'istio.cluster_id': 'WEFT_CLUSTER',
  'istio.mesh_id': 'WEFT_MESH',
} as const;

/** OpenTelemetry's own, which Envoy's tracer reads. */
export const resourceVariable = 'OTEL_RESOURCE_ATTRIBUTES';
