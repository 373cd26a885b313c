/** One message to a receiver, and what became of it: by remote write or OTLP over HTTP, or OTLP over gRPC. */
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { fromBinary } from '@bufbuild/protobuf';
import { type Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { ExportTraceServiceResponseSchema } from '@weft/envoy/gen/opentelemetry/proto/collector/trace/v1/trace_service_pb.js';
import type { Credentials } from '@weft/model';
import { endConnections, exchange, keptConnections, type Reply } from '../../outbound/exchange.ts';
import { connectGrpc, type GrpcPeer } from '../../outbound/grpc.ts';
import type { Reach } from '../../outbound/guard.ts';
import type { Lane } from './outbox.ts';
import { headersOf, type OtlpReceiver } from './receivers.ts';

export type Outcome =
  /** Of what it holds so much was refused for ever. */
  | { readonly kind: 'taken'; readonly refused: number; readonly reason: string }
  | { readonly kind: 'refused'; readonly reason: string }
  /** @param after milliseconds; absent: it did not say. */
  | { readonly kind: 'later'; readonly reason: string; readonly after?: number };

export interface Delivery {
  /** Rejects where nobody could be asked. */
  deliver(body: Uint8Array, signal: AbortSignal): Promise<Outcome>;
  close(): void;
}

export interface Receiver extends Omit<OtlpReceiver, 'credentials'> {
  readonly lane: Lane;
  readonly credentials: Credentials;
  readonly reach: Reach;
}

const maxBytes = 64 * 1024;

/** Both protocols' `Retry`; what says that credentials are wrong passes with the next ones. */
const mayPass = (code: number): boolean => code === 429 || code >= 500 || code === 401 || code === 403;

const later = (reason: string, after: number): Outcome => ({ kind: 'later', reason, ...(after > 0 && { after }) });

/** A collector takes a message as a whole and says what of it it did not keep; all three signals say so alike. */
const taken = (answer: Uint8Array): Outcome => {
  try {
    const { partialSuccess } = fromBinary(ExportTraceServiceResponseSchema, answer);
    return { kind: 'taken', refused: Number(partialSuccess?.rejectedSpans ?? 0), reason: partialSuccess?.errorMessage ?? '' };
  } catch {
    // It was taken, whatever it says of it.
    return { kind: 'taken', refused: 0, reason: '' };
  }
};

const headersFor = (lane: Lane): Readonly<Record<string, string>> =>
  lane === 'remote-write'
    ? { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy', 'x-prometheus-remote-write-version': '0.1.0' }
    : { 'content-type': 'application/x-protobuf', 'content-encoding': 'gzip' };

const outcomeOf = ({ status: code, headers, body, bytes }: Reply, lane: Lane): Outcome => {
  if (mayPass(code)) return later(`the answer is ${code}`, Number(headers['retry-after']) * 1000);
  if (code < 200 || code >= 300) return { kind: 'refused', reason: `the answer is ${code}: ${body.slice(0, 300)}` };
  return lane === 'remote-write' ? { kind: 'taken', refused: 0, reason: '' } : taken(bytes);
};

const overHttp = ({ lane, address, credentials, reach }: Receiver): Delivery => {
  const connections = keptConnections();
  const headers = { ...headersOf(credentials), ...headersFor(lane) };
  const question = { url: new URL(address), method: 'POST', headers, certificates: credentials, connections } as const;
  return {
    deliver: async (body, signal) => outcomeOf(await exchange({ ...question, body }, reach, { signal, maxBytes }), lane),
    close: () => endConnections(connections),
  };
};

const packages = { metrics: ['metrics', 'Metrics'], traces: ['trace', 'Trace'], logs: ['logs', 'Logs'] } as const;

const methodOf = (lane: Exclude<Lane, 'remote-write'>): string => {
  const [folder, name] = packages[lane];
  return `/opentelemetry.proto.collector.${folder}.v1.${name}Service/Export`;
};

const unpack = promisify(gunzip);

/** Which may pass (opentelemetry.io/docs/specs/otlp, "Failures"), and those that say that credentials are wrong. */
const passing = new Set([
  ...[status.CANCELLED, status.DEADLINE_EXCEEDED, status.ABORTED, status.OUT_OF_RANGE, status.UNAVAILABLE, status.DATA_LOSS],
  ...[status.UNAUTHENTICATED, status.PERMISSION_DENIED],
]);

/** Who has too much to do says when to come again; for whom the message itself is too much does not. */
const saysWhen = (metadata: Metadata): boolean =>
  metadata.get('grpc-status-details-bin').some((details) => details.toString('latin1').includes('google.rpc.RetryInfo'));

const failureOf = ({ code, details, metadata }: ServiceError): Outcome => {
  const reason = `the answer is ${status[code]}: ${details.slice(0, 300)}`;
  return passing.has(code) || (code === status.RESOURCE_EXHAUSTED && saysWhen(metadata)) ? later(reason, 0) : { kind: 'refused', reason };
};

class OverGrpc implements Delivery {
  readonly #receiver: Receiver;
  readonly #path: string;
  #peer: GrpcPeer | undefined;

  constructor(receiver: Receiver, lane: Exclude<Lane, 'remote-write'>) {
    this.#receiver = receiver;
    this.#path = methodOf(lane);
  }

  deliver = async (body: Uint8Array, signal: AbortSignal): Promise<Outcome> => {
    const { address, credentials, reach } = this.#receiver;
    const server = { url: new URL(address), headers: headersOf(credentials), certificates: credentials };
    this.#peer ??= await connectGrpc(server, reach);
    try {
      return taken(await this.#peer.call({ path: this.#path, message: await unpack(body), signal }));
    } catch (error) {
      // Its name may stand for another address by now.
      this.close();
      return failureOf(error as ServiceError);
    }
  };

  close = (): void => {
    this.#peer?.close();
    this.#peer = undefined;
  };
}

export const deliveryTo = (receiver: Receiver): Delivery =>
  receiver.protocol === 'grpc' && receiver.lane !== 'remote-write' ? new OverGrpc(receiver, receiver.lane) : overHttp(receiver);
