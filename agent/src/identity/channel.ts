import { type ChannelOptions, Client, credentials } from '@grpc/grpc-js';
import type { WorkloadIdentity } from './workload-identity.ts';

/** weftd's certificate carries this name; a workload's never can (its DNS names end in `.meta.mesh`). */
const serverName = 'weftd';
const maxMessage = 64 * 1024 * 1024;

export interface ChannelInput {
  /** `unix:<path>` or `host:port`. */
  readonly address: string;
  /** PEM: who may vouch for weftd. */
  readonly roots: string;
  /** The client's certificate; absent while there is none. */
  readonly identity?: Pick<WorkloadIdentity, 'key' | 'chain'> | undefined;
  readonly options?: ChannelOptions;
}

/** A gRPC client of weftd, TLS always, on a Unix socket too: there it is how weftd learns who calls. */
export const openChannel = ({ address, roots, identity, options }: ChannelInput): Client => {
  const [key, chain] = identity ? [Buffer.from(identity.key), Buffer.from(identity.chain)] : [null, null];
  return new Client(address, credentials.createSsl(Buffer.from(roots), key, chain), {
    'grpc.ssl_target_name_override': serverName,
    'grpc.default_authority': serverName,
    'grpc.max_receive_message_length': maxMessage,
    'grpc.initial_reconnect_backoff_ms': 200,
    'grpc.max_reconnect_backoff_ms': 1000,
    // Channels with equal options share connections; ours differ by certificate and must be closed apart.
    'grpc.use_local_subchannel_pool': 1,
    ...options,
  });
};
