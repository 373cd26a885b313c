import type { ServerDuplexStream, ServerUnaryCall } from '@grpc/grpc-js';
import type { PeerCredentials } from './caller.ts';

/**
 * What a call carries to prove who made it. grpc-js shows a client certificate only if TLS accepted its chain;
 * over plaintext there is no auth context, and so nobody.
 */
export const peerCredentials = (
  call: Pick<ServerUnaryCall<unknown, unknown> | ServerDuplexStream<unknown, unknown>, 'getAuthContext' | 'metadata'>,
): PeerCredentials => {
  const certificate = call.getAuthContext()?.sslPeerCertificate?.raw;
  const [authorization] = call.metadata.get('authorization');
  return { ...(certificate ? { certificate } : {}), ...(typeof authorization === 'string' ? { authorization } : {}) };
};
