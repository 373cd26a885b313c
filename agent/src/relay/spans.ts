/**
 * A proxy's spans on their way to weftd, by OTLP: as they come, unread, with the workload's own certificate, so that weftd knows who tells.
 * None is kept: while weftd is away spans are lost, as they would be on the way to any collector, and no request waits for them.
 */
import { type Client, type ServerUnaryCall, type ServiceError, type sendUnaryData, status } from '@grpc/grpc-js';
import { openChannel } from '../identity/channel.ts';
import type { IdentityKeeper } from '../identity/keeper.ts';

export type SpanCall = ServerUnaryCall<Buffer, Buffer>;

const path = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
const pass = (bytes: Buffer): Buffer => bytes;

/** For the server that proxies ask for their configuration. */
export const spanMethods = {
  export: {
    path,
    originalName: 'export',
    requestStream: false,
    responseStream: false,
    requestSerialize: pass,
    requestDeserialize: pass,
    responseSerialize: pass,
    responseDeserialize: pass,
  },
} as const;

const answerMs = 10_000;

interface SpanRelayInput {
  readonly keeper: IdentityKeeper;
  /** `unix:<run>/xds.sock` or `host:port`. */
  readonly upstream: string;
  readonly now: () => number;
}

export class SpanRelay {
  readonly #input: SpanRelayInput;
  #client: Client | undefined;
  #serial: string | undefined;

  constructor(input: SpanRelayInput) {
    this.#input = input;
  }

  /** OTLP's `Export`. */
  handle = ({ request }: SpanCall, done: sendUnaryData<Buffer>): void => {
    const client = this.#connection();
    if (!client) {
      done({ code: status.UNAVAILABLE, details: 'no certificate yet' });
      return;
    }
    const answered = (error: ServiceError | null, answer?: Buffer): void =>
      error ? done({ code: error.code, details: error.details }) : done(null, answer ?? Buffer.alloc(0));
    client.makeUnaryRequest(path, pass, pass, request, { deadline: this.#input.now() + answerMs }, answered);
  };

  close(): void {
    this.#client?.close();
    this.#client = undefined;
  }

  /** The first spans open it, and a renewed certificate opens it anew: a connection shows the one it began with. */
  #connection(): Client | undefined {
    const { keeper, upstream } = this.#input;
    const identity = keeper.current();
    if (this.#client && identity?.serial === this.#serial) return this.#client;
    this.close();
    if (!identity) return undefined;
    this.#serial = identity.serial;
    this.#client = openChannel({ address: upstream, roots: identity.bundles.pem, identity });
    return this.#client;
  }
}
