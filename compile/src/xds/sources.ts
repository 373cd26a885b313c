/** Where Envoy gets what a resource names: everything over ADS, but secrets never [E3]: from the agent's socket. */
import { agentCluster, create, milliseconds } from '@weft/envoy';
import {
  AggregatedConfigSourceSchema,
  ApiConfigSource_ApiType,
  ApiVersion,
  type ConfigSource,
  ConfigSourceSchema,
} from '@weft/envoy/gen/envoy/config/core/v3/config_source_pb.js';

/** 0: waits for ever. Being ready without them would be worse [S14]. */
const forEver = milliseconds(0);

export const fromAds: ConfigSource = create(ConfigSourceSchema, {
  configSourceSpecifier: { case: 'ads', value: create(AggregatedConfigSourceSchema) },
  initialFetchTimeout: forEver,
  resourceApiVersion: ApiVersion.V3,
});

/** With a retry policy, or an agent that is late makes Envoy wait for up to 30 s more [E10]. */
export const fromAgent: ConfigSource = create(ConfigSourceSchema, {
  configSourceSpecifier: {
    case: 'apiConfigSource',
    value: {
      apiType: ApiConfigSource_ApiType.DELTA_GRPC,
      transportApiVersion: ApiVersion.V3,
      setNodeOnFirstMessageOnly: true,
      grpcServices: [
        {
          targetSpecifier: {
            case: 'envoyGrpc',
            value: {
              clusterName: agentCluster,
              retryPolicy: { retryBackOff: { baseInterval: milliseconds(200), maxInterval: milliseconds(1000) } },
            },
          },
        },
      ],
    },
  },
  initialFetchTimeout: forEver,
  resourceApiVersion: ApiVersion.V3,
});
