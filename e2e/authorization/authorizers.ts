/** Two external authorizers that say what a request's own header asks them to, and remember who was asked about which. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server as GrpcServer, ServerCredentials } from '@grpc/grpc-js';

/** The header that names a request. */
export const numberHeader = 'x-number';

export interface Authorizers {
  /** Of gRPC's, called `words`, and of HTTP's, called `web`. */
  readonly ports: { readonly words: number; readonly web: number };
  /** Who was asked about a request, in their order. */
  readonly asked: (number: string) => readonly string[];
  stop(): void;
}

/** What `web` refuses with; Envoy says 403 for `words`. */
export const refusals: Readonly<Record<string, number>> = { words: 403, web: 401 };

/** `envoy.service.auth.v3.CheckResponse`: empty is yes, `status {code: 7}` is no. */
const [yes, no] = [Buffer.alloc(0), Buffer.from([0x0a, 0x02, 0x08, 0x07])];

/** An entry of the headers in a CheckRequest: name, field 2, its length, value. */
const valueIn = (text: string, name: string): string => new RegExp(`${name}\\x12.(\\w+)`, 's').exec(text)?.[1] ?? '';

type Note = (number: string, who: string) => void;

const startGrpc = async (note: Note): Promise<{ readonly port: number; readonly server: GrpcServer }> => {
  const server = new GrpcServer();
  const bytes = (value: Buffer) => value;
  const unary = { requestStream: false, responseStream: false, requestSerialize: bytes, responseSerialize: bytes };
  server.addService(
    { check: { ...unary, path: '/envoy.service.auth.v3.Authorization/Check', requestDeserialize: bytes, responseDeserialize: bytes } },
    {
      check: ({ request }: { readonly request: Buffer }, done: (error: null, answer: Buffer) => void) => {
        const text = request.toString('latin1');
        note(valueIn(text, numberHeader), 'words');
        done(null, valueIn(text, 'x-words') === 'yes' ? yes : no);
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => (error ? reject(error) : resolve(bound))),
  );
  return { port, server };
};

export const startAuthorizers = async (): Promise<Authorizers> => {
  const seen = new Map<string, string[]>();
  const note: Note = (number, who) => seen.set(number, [...(seen.get(number) ?? []), who]);
  const web = createServer({ keepAliveTimeout: 60_000 }, ({ headers }, response) => {
    note(String(headers[numberHeader]), 'web');
    response.writeHead(headers['x-web'] === 'yes' ? 200 : (refusals.web ?? 0)).end();
  });
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  const { port: words, server } = await startGrpc(note);
  return {
    ports: { words, web: (web.address() as AddressInfo).port },
    asked: (number) => seen.get(number) ?? [],
    stop: () => {
      server.forceShutdown();
      web.close();
      web.closeAllConnections();
    },
  };
};
