import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { methodTable } from '@weft/envoy';
import { AggregatedDiscoveryService } from '@weft/envoy/gen/envoy/service/discovery/v3/ads_pb.js';
import { SecretDiscoveryService } from '@weft/envoy/gen/envoy/service/secret/v3/sds_pb.js';
import { keepIdentity } from '../identity/keeper.ts';
import { openStateDirectory } from '../identity/state-directory.ts';
import type { ProxyInput, RelayTiming, ServeProxy } from './proxy.ts';
import { openRelay } from './relay.ts';
import { type SecretStream, serveSecrets } from './sds.ts';
import { SpanRelay, spanMethods } from './spans.ts';
import type { Downstream } from './stream.ts';
import { toBuffer } from './wire.ts';

/** Grace and save: [R5, R8]. Keepalive: a stopped weftd is noticed in 30 s, of the 45 allowed [G2]. */
export const relayTiming: RelayTiming = {
  grace: 700,
  save: 300,
  reconnectFirst: 200,
  reconnectMax: 2_000,
  silence: 30_000,
  keepalive: 20_000,
  keepaliveTimeout: 10_000,
  recycle: 60_000,
};

const adsMethods = methodTable<typeof AggregatedDiscoveryService, Buffer>(AggregatedDiscoveryService, toBuffer);
const sdsMethods = methodTable<typeof SecretDiscoveryService, Buffer>(SecretDiscoveryService, toBuffer);

export const serveProxy: ServeProxy = async (input) => {
  const { pod, paths, logger } = input;
  const timing = { ...relayTiming, ...input.timing };
  const state = await openStateDirectory(paths.state);
  const keeper = await keepIdentity({ ...input, state: paths.state });
  const relay = await openRelay({ ...input, state, keeper, timing });
  const spans = new SpanRelay({ keeper, upstream: input.upstream, now: input.now });
  const server = new Server({ 'grpc.max_receive_message_length': 16 * 1024 * 1024 });
  server.addService(adsMethods, { deltaAggregatedResources: (call: Downstream) => relay.handle(call) });
  server.addService(sdsMethods, {
    deltaSecrets: (call: SecretStream) => serveSecrets(call, { keeper, logger, ...(input.owner && { reader: input.owner }) }),
  });
  server.addService(spanMethods, { export: spans.handle });
  try {
    await listen(server, input);
  } catch (error) {
    await Promise.all([keeper.close(), relay.close()]);
    throw error;
  }
  logger.debug({ pod: `${pod.namespace}/${pod.name}`, socket: paths.socket }, 'serving the proxy');
  return {
    close: async () => {
      await Promise.all([keeper.close(), relay.close()]);
      spans.close();
      server.forceShutdown();
      await rm(paths.socket, { force: true });
    },
    status: () => {
      const identity = keeper.current();
      const { message, ...rest } = relay.status();
      return {
        identity: identity ? { spiffeId: identity.spiffeId, serial: identity.serial, notAfter: identity.notAfter } : null,
        ...rest,
        message: [keeper.problem(), message].filter((text) => text !== '').join('; '),
      };
    },
  };
};

/**
 * For the proxy's user alone: whoever opens this socket gets the workload's key. So it takes its name only when its
 * permissions are set; a socket that a killed agent left is replaced.
 */
const listen = async (server: Server, { paths, owner }: ProxyInput): Promise<void> => {
  const directory = dirname(paths.socket);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const unnamed = join(directory, `.${randomBytes(4).toString('hex')}`);
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`unix:${unnamed}`, ServerCredentials.createInsecure(), (error) =>
      error ? reject(new Error(`cannot listen on ${paths.socket}`, { cause: error })) : resolve(),
    );
  });
  await chmod(unnamed, 0o600);
  if (owner) await chown(unnamed, owner.uid, owner.gid);
  await rename(unnamed, paths.socket);
};
