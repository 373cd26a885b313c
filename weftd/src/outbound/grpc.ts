/**
 * Calls by gRPC to an address that somebody wrote down, as `exchange` asks by HTTP: the name is looked up and judged here, and gRPC is told the
 * address, so that it looks nothing up itself.
 */
import { isIP } from 'node:net';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { type Certificates, tlsOf } from './exchange.ts';
import { openAddresses, type Reach } from './guard.ts';

export interface GrpcServer {
  /** `http://host:port`, or `https://…` with TLS. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly certificates: Certificates;
}

export interface GrpcCall {
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly message: Uint8Array;
  readonly signal: AbortSignal;
}

/** One who answers once, as bytes. */
export interface GrpcPeer {
  /** Rejects with grpc-js' ServiceError. */
  call(call: GrpcCall): Promise<Uint8Array>;
  close(): void;
}

const schemes: Readonly<Record<4 | 6, (address: string) => string>> = { 4: (address) => address, 6: (address) => `[${address}]` };

/** One kind of addresses at a time is what gRPC's names of targets can say. */
const targetOf = (addresses: readonly string[], port: number): string => {
  const family = isIP(addresses[0] ?? '') === 6 ? 6 : 4;
  const same = addresses.filter((address) => isIP(address) === family);
  return `ipv${family}:${same.map((address) => `${schemes[family](address)}:${port}`).join(',')}`;
};

const channelCredentials = (url: URL, certificates: Certificates) => {
  if (url.protocol === 'http:') return credentials.createInsecure();
  const { ca, cert, key } = tlsOf(certificates);
  const bytes = (pem: string | undefined): Buffer | null => (pem === undefined ? null : Buffer.from(pem));
  return credentials.createSsl(bytes(ca), bytes(key), bytes(cert), { rejectUnauthorized: true });
};

const asBuffer = (message: Uint8Array): Buffer => Buffer.from(message.buffer, message.byteOffset, message.byteLength);

/** Rejects where the name has no address that may be connected to. */
export const connectGrpc = async ({ url, headers, certificates }: GrpcServer, reach: Reach): Promise<GrpcPeer> => {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const target = targetOf(await openAddresses(host, reach), Number(url.port));
  const client = new Client(target, channelCredentials(url, certificates), {
    'grpc.default_authority': url.host,
    'grpc.ssl_target_name_override': host,
    'grpc.enable_http_proxy': 0,
    'grpc.service_config_disable_resolution': 1,
    'grpc.enable_retries': 0,
  });
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  return {
    call: ({ path, message, signal }) =>
      new Promise((resolve, reject) => {
        const call = client.makeUnaryRequest(
          path,
          asBuffer,
          (bytes) => bytes,
          message,
          metadata,
          (error, answer) => {
            if (error) reject(error);
            else resolve(answer ?? Buffer.alloc(0));
          },
        );
        signal.addEventListener('abort', () => call.cancel(), { once: true });
      }),
    close: () => client.close(),
  };
};
