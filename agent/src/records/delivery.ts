/** The agent's own line to weftd for what it observed: OTLP by gRPC, with a token that only who may ask weftd's socket can have. */
import { type Client, Metadata } from '@grpc/grpc-js';
import { LogsService } from '@weft/envoy/gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import { agentAccount, type TokenRequest, type TokenResult, type TrustBundles } from '@weft/model';
import { openChannel } from '../identity/channel.ts';

export interface DeliveryInput {
  /** weftd's gRPC: `unix:<path>` or `host:port`. */
  readonly address: string;
  readonly admin: {
    token(request: TokenRequest): Promise<TokenResult>;
    trustBundle(): Promise<TrustBundles>;
  };
  readonly now: () => number;
}

export interface Delivery {
  /** Resolves when weftd has it on disk. Rejects when it has not, or may not have. */
  send(request: Uint8Array): Promise<void>;
  close(): void;
}

const path = `/${LogsService.typeName}/${LogsService.method.export.name}`;
const deadlineMs = 10_000;
/** Of a token's life; weftd may have another clock by a little. */
const marginMs = 60_000;

interface Line {
  readonly client: Client;
  readonly token: string;
  readonly until: number;
}

const toBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export const openDelivery = ({ address, admin, now }: DeliveryInput): Delivery => {
  let line: Line | undefined;

  const drop = (): void => {
    line?.client.close();
    line = undefined;
  };

  const open = async (): Promise<Line> => {
    if (line && now() < line.until) return line;
    drop();
    const [{ token, expiresAt }, { pem: roots }] = await Promise.all([admin.token(agentAccount), admin.trustBundle()]);
    line = { client: openChannel({ address, roots }), token, until: expiresAt - marginMs };
    return line;
  };

  const send = async (request: Uint8Array): Promise<void> => {
    const { client, token } = await open();
    const metadata = new Metadata();
    metadata.set('authorization', `Bearer ${token}`);
    await new Promise<void>((resolve, reject) => {
      const options = { deadline: now() + deadlineMs };
      client.makeUnaryRequest(
        path,
        toBuffer,
        (bytes: Buffer) => bytes,
        request,
        metadata,
        options,
        (error) => (error ? reject(error) : resolve()),
      );
    });
  };

  return {
    // A weftd that is new may have new roots, and know nothing of the token.
    send: (request) =>
      send(request).catch((error: unknown) => {
        drop();
        throw error;
      }),
    close: drop,
  };
};
