/** A server that takes what is handed over, and keeps it. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { type DescMessage, fromBinary, type MessageShape } from '@bufbuild/protobuf';

export interface Arrived {
  readonly path: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}

/** Answers as it is told to, then always that all is well. */
export const receiver = async (
  port: number,
  answers: readonly number[] = [],
): Promise<{ server: Server; arrived: Arrived[]; address: string }> => {
  const arrived: Arrived[] = [];
  const left = [...answers];
  const server = createServer(async (request, response) => {
    const status = left.shift() ?? 200;
    const sent = await buffer(request);
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent;
    if (status < 300) arrived.push({ path: request.url ?? '', headers: request.headers, body });
    response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return { server, arrived, address: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
};

export const read = <Schema extends DescMessage>(schema: Schema, arrived: readonly Arrived[], path: string): MessageShape<Schema>[] =>
  arrived.filter((one) => one.path === path).map(({ body }) => fromBinary(schema, body));
