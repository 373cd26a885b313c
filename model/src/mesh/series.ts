/**
 * How a proxy's Envoy names the series of the mesh's metrics: with all that it knows as one label, since each label costs it time with each
 * request, and a part that is missing as `-`. `compile` tells it so, `signals` makes Istio's labels of them.
 */
export const seriesLabel = 'mesh';

/**
 * Of whose traffic Envoy speaks: `s` of a call; of what it served `m` by mutual TLS, `n` without. Then Istio's labels, or of what they are
 * made: the name in the other end's certificate, and the cluster, which alone may hold spaces.
 */
export const seriesParts = [
  ...(['watch', 'request_protocol', 'response_code', 'response_flags', 'grpc_response_status'] as const),
  ...(['principal', 'peer', 'destination_service', 'cluster'] as const),
] as const;

/**
 * Where objects of kind Telemetry change a metric's labels: those that were taken away (`-name`) or set (`+name`), by commas.
 */
export const changedLabel = 'changed';

/** Of calls in gRPC: how many messages each had to the server and from it, as `2,1`. */
export const messagesLabel = 'messages';
