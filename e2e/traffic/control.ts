/** The least control plane that Envoy takes: delta ADS, and SDS as the agent's, on a Unix socket, everything to whoever asks, changed by `set`. */
import { Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import { create, fromBinary, type MessageInitShape, methodTable, type ResourceSet, toBinary } from '@weft/envoy';
import { AggregatedDiscoveryService } from '@weft/envoy/gen/envoy/service/discovery/v3/ads_pb.js';
import {
  type DeltaDiscoveryRequest,
  DeltaDiscoveryResponseSchema,
  ResourceSchema,
} from '@weft/envoy/gen/envoy/service/discovery/v3/discovery_pb.js';
import { SecretDiscoveryService } from '@weft/envoy/gen/envoy/service/secret/v3/sds_pb.js';

type Stream = ServerDuplexStream<DeltaDiscoveryRequest, Buffer>;

export interface Control {
  set(resources: ResourceSet): void;
  /** What Envoy refused, in its words. */
  readonly refusals: string[];
  stop(): void;
}

const answer = (stream: Stream, response: MessageInitShape<typeof DeltaDiscoveryResponseSchema>): void => {
  stream.write(Buffer.from(toBinary(DeltaDiscoveryResponseSchema, create(DeltaDiscoveryResponseSchema, response))));
};

/** One client: what it asked for and has, by type. */
const session = (stream: Stream, current: () => ResourceSet, refusals: string[]) => {
  const has = new Map<string, Map<string, string>>();
  /** @param asked names that are answered, whether they changed, are there or not */
  const push = (typeUrl: string, asked: readonly string[], always = false): void => {
    const sent = has.get(typeUrl);
    if (!sent) return;
    const wanted = current().get(typeUrl) ?? new Map();
    const changed = [...wanted.values()].filter(({ name, version }) => sent.get(name) !== version || asked.includes(name));
    const removedResources = [...new Set([...sent.keys(), ...asked])].filter((name) => !wanted.has(name));
    if (!always && changed.length === 0 && removedResources.length === 0) return;
    for (const { name, version } of changed) sent.set(name, version);
    for (const name of removedResources) sent.delete(name);
    const resources = changed.map(({ bytes }) => fromBinary(ResourceSchema, bytes));
    answer(stream, { typeUrl, nonce: `${Math.random()}`, resources, removedResources });
  };
  stream.on('data', ({ typeUrl, errorDetail, resourceNamesSubscribe }: DeltaDiscoveryRequest) => {
    if (errorDetail) refusals.push(errorDetail.message);
    const isFirst = !has.has(typeUrl);
    if (isFirst) has.set(typeUrl, new Map());
    push(
      typeUrl,
      resourceNamesSubscribe.filter((name) => name !== '*'),
      isFirst,
    );
  });
  return () => {
    for (const type of current().keys()) push(type, []);
  };
};

export const control = async (socket: string, first: ResourceSet): Promise<Control> => {
  let resources = first;
  const refusals: string[] = [];
  const sessions = new Map<Stream, () => void>();
  const server = new Server();
  const methods = methodTable<typeof AggregatedDiscoveryService, Buffer>(AggregatedDiscoveryService, (bytes) => Buffer.from(bytes));
  const serve = (stream: Stream): void => {
    sessions.set(
      stream,
      session(stream, () => resources, refusals),
    );
    stream.on('end', () => stream.end());
    stream.on('error', () => sessions.delete(stream));
  };
  const secretMethods = methodTable<typeof SecretDiscoveryService, Buffer>(SecretDiscoveryService, (bytes) => Buffer.from(bytes));
  server.addService(secretMethods, { deltaSecrets: serve, streamSecrets: (stream: Stream) => stream.end() });
  server.addService(methods, {
    deltaAggregatedResources: serve,
    streamAggregatedResources: (stream: Stream) => stream.end(),
  });
  await new Promise<void>((resolve, reject) =>
    server.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), (error) => (error ? reject(error) : resolve())),
  );
  return {
    refusals,
    set: (next) => {
      resources = next;
      for (const push of sessions.values()) push();
    },
    stop: () => server.forceShutdown(),
  };
};
