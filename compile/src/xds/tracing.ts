/** Spans of requests: to the mesh's own store by way of the agent's socket, or to a collector that the mesh has as a service [S127]. */
import { agentCluster, type Init, milliseconds, outboundCluster, spanVariables, typed } from '@weft/envoy';
import type { HttpServiceSchema } from '@weft/envoy/gen/envoy/config/core/v3/http_service_pb.js';
import { OpenTelemetryConfigSchema } from '@weft/envoy/gen/envoy/config/trace/v3/opentelemetry_pb.js';
import {
  ZipkinConfig_CollectorEndpointVersion,
  ZipkinConfig_TraceContextOption,
  ZipkinConfigSchema,
} from '@weft/envoy/gen/envoy/config/trace/v3/zipkin_pb.js';
import type { HttpConnectionManagerSchema } from '@weft/envoy/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js';
import { UuidRequestIdConfigSchema } from '@weft/envoy/gen/envoy/extensions/request_id/uuid/v3/uuid_pb.js';
import { EnvironmentResourceDetectorConfigSchema } from '@weft/envoy/gen/envoy/extensions/tracers/opentelemetry/resource_detectors/v3/environment_resource_detector_pb.js';
import type { CustomTagSchema } from '@weft/envoy/gen/envoy/type/tracing/v3/custom_tag_pb.js';
import type { Collector, SideTelemetry, SpanTag, Tracer } from '../mesh/index.ts';
import { grpcTo } from './logs.ts';

type Manager = Init<typeof HttpConnectionManagerSchema>;
type Tag = Init<typeof CustomTagSchema>;

/** Whose span it is stands in the proxy's environment, so that one configuration serves all proxies. */
const named = {
  resourceDetectors: [typed('envoy.tracers.opentelemetry.resource_detectors.environment', EnvironmentResourceDetectorConfigSchema, {})].map(
    ({ name, configType }) => ({ name, typedConfig: configType.value }),
  ),
};

type To<K extends Tracer['kind']> = Extract<Tracer, { readonly kind: K }>;

const headersToAdd = (headers: To<'zipkin'>['headers']) => headers.map(({ name, value }) => ({ header: { key: name, value } }));

const httpTo = (
  collector: Collector,
  { path, timeout, headers }: Pick<To<'zipkin'>, 'path' | 'timeout' | 'headers'>,
): Init<typeof HttpServiceSchema> => ({
  httpUri: {
    uri: `http://${collector.host}${path}`,
    timeout: milliseconds(timeout),
    httpUpstreamType: { case: 'cluster', value: outboundCluster(collector) },
  },
  requestHeadersToAdd: headersToAdd(headers),
});

const openTelemetry = (config: Init<typeof OpenTelemetryConfigSchema>) =>
  typed('envoy.tracers.opentelemetry', OpenTelemetryConfigSchema, { ...config, ...named });

const zipkin = (tracer: To<'zipkin'>) =>
  typed('envoy.tracers.zipkin', ZipkinConfigSchema, {
    collectorEndpointVersion: ZipkinConfig_CollectorEndpointVersion.HTTP_JSON,
    traceId128bit: !tracer.shortIds,
    sharedSpanContext: false,
    collectorService: httpTo(tracer.collector, tracer),
    traceContextOption: ZipkinConfig_TraceContextOption[tracer.w3c ? 'USE_B3_WITH_W3C_PROPAGATION' : 'USE_B3'],
  });

const providerOf = (tracer: Tracer) => {
  switch (tracer.kind) {
    case 'own':
      return openTelemetry({
        grpcService: { targetSpecifier: { case: 'envoyGrpc', value: { clusterName: agentCluster } }, timeout: milliseconds(5_000) },
      });
    case 'otlp-grpc': {
      const { collector, timeout, headers } = tracer;
      const initialMetadata = headers.map(({ name, value }) => ({ key: name, value }));
      return openTelemetry({
        grpcService: { ...grpcTo(collector), ...(timeout && { timeout: milliseconds(timeout) }), initialMetadata },
      });
    }
    case 'otlp-http':
      return openTelemetry({ httpService: httpTo(tracer.collector, tracer) });
    case 'zipkin':
      return zipkin(tracer);
  }
};

const valued = (tag: string, value: string): Tag => ({ tag, type: { case: 'value', value } });

/** As certificates say them: only mutual TLS can. */
const identities: Readonly<Record<Side, Tag>> = {
  served: valued('source_principal', '%DOWNSTREAM_PEER_URI_SAN%'),
  calls: valued('destination_principal', '%UPSTREAM_PEER_URI_SAN%'),
};

const variable = (tag: string, name: string, defaultValue: string): Tag => ({
  tag,
  type: { case: 'environment', value: { name, defaultValue } },
});

const own: readonly Tag[] = Object.entries(spanVariables).map(([tag, name]) => variable(tag, name, 'unknown'));

const tagOf = (tag: SpanTag): Tag => {
  switch (tag.kind) {
    case 'literal':
      return { tag: tag.name, type: { case: 'literal', value: { value: tag.value } } };
    case 'environment':
      return variable(tag.name, tag.variable, tag.otherwise);
    case 'header':
      return { tag: tag.name, type: { case: 'requestHeader', value: { name: tag.header, defaultValue: tag.otherwise } } };
  }
};

type Side = 'calls' | 'served';

const byName = (a: Tag, b: Tag): number => ((a.tag ?? '') < (b.tag ?? '') ? -1 : 1);

/** Spans of one name: the last counts. */
const distinct = (tags: readonly Tag[]): Tag[] => [...new Map(tags.map((tag) => [tag.tag, tag])).values()].sort(byName);

const percent = (value: number) => ({ value });

/** A gateway's span of what came in has one below it for what it calls, as Istio's. */
export interface SpanPlace {
  readonly side: Side;
  readonly gateway: boolean;
}

/** Of a connection manager. */
export const tracingOf = ({ tracing }: SideTelemetry, { side, gateway }: SpanPlace): Pick<Manager, 'tracing' | 'requestIdExtension'> => {
  if (!tracing) return {};
  const { tracer, sampling, tags, byRequestId, ownTags, passOn } = tracing;
  const maxPath = 'maxPath' in tracer ? tracer.maxPath : undefined;
  return {
    tracing: {
      provider: providerOf(tracer),
      clientSampling: percent(100),
      randomSampling: percent(sampling),
      overallSampling: percent(100),
      // The mesh's own store knows whose proxy a span is from, and each tag costs every request, traced or not.
      customTags: distinct([...(ownTags && tracer.kind !== 'own' ? own : []), identities[side], ...tags.map(tagOf)]),
      ...(maxPath && { maxPathTagLength: maxPath }),
      ...(gateway && { spawnUpstreamSpan: true }),
      ...(!passOn && { noContextPropagation: true }),
    },
    ...(!byRequestId && {
      requestIdExtension: { typedConfig: typed('', UuidRequestIdConfigSchema, { useRequestIdForTraceSampling: false }).configType.value },
    }),
  };
};
