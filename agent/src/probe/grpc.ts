/** `grpc.health.v1.Health/Check` on Node's HTTP/2, since grpc-js cannot choose the source address. */
import { connect, constants } from 'node:http2';
import type { Socket } from 'node:net';
import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';

export type HealthStatus = 'UNKNOWN' | 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN';

/** By number in `HealthCheckResponse.ServingStatus`. */
const statuses: readonly HealthStatus[] = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];

/** One byte "not compressed", four of length (gRPC over HTTP2, "Length-Prefixed-Message"). */
const requestMessage = (service: string): Buffer => {
  const body = service === '' ? Buffer.alloc(0) : new BinaryWriter().tag(1, 2).string(service).finish();
  const head = Buffer.alloc(5);
  head.writeUInt32BE(body.length, 1);
  return Buffer.concat([head, body]);
};

/** Field 1 of HealthCheckResponse; its absence is the zero value. */
const parseHealth = (message: Buffer): HealthStatus => {
  if (message.length < 5) throw new Error('the gRPC health answer is empty');
  const reader = new BinaryReader(message.subarray(5, 5 + message.readUInt32BE(1)));
  let status = 0;
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    if (field === 1 && wire === 0) status = reader.int32();
    else reader.skip(wire);
  }
  return statuses[status] ?? 'UNKNOWN';
};

export interface HealthCheck {
  readonly dial: () => Socket;
  readonly authority: string;
  readonly service: string;
  readonly timeoutMs: number;
}

export const checkHealth = ({ dial, authority, service, timeoutMs }: HealthCheck): Promise<HealthStatus> =>
  new Promise((resolve, reject) => {
    // A reset may come after the session let go of its socket; unheard, it would end the whole agent.
    const socket = dial().on('error', () => {});
    const session = connect(`http://${authority}`, { createConnection: () => socket });
    const timer = setTimeout(() => fail(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    const fail = (error: Error): void => {
      clearTimeout(timer);
      session.destroy();
      reject(error);
    };
    session.on('error', fail);
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: '/grpc.health.v1.Health/Check',
      [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc',
      te: 'trailers',
    });
    const chunks: Buffer[] = [];
    let grpcStatus = '';
    const note = (headers: Readonly<Record<string, unknown>>): void => {
      if (headers['grpc-status'] !== undefined) grpcStatus = String(headers['grpc-status']);
    };
    stream.on('response', note);
    stream.on('trailers', note);
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', fail);
    stream.on('close', () => {
      if (grpcStatus !== '0') return fail(new Error(`gRPC status ${grpcStatus || 'missing'}`));
      clearTimeout(timer);
      session.destroy();
      try {
        resolve(parseHealth(Buffer.concat(chunks)));
      } catch (error) {
        reject(error as Error);
      }
    });
    stream.end(requestMessage(service));
  });
