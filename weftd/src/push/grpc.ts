/** All that knows the gRPC library's server: listening, TLS with certificates that change while it serves, limits. */
import { constants } from 'node:crypto';
import { chmod, rm } from 'node:fs/promises';
import { createServer, type Server as Listener, type Socket } from 'node:net';
import {
  logVerbosity,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServiceDefinition,
  setLogVerbosity,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { ServerIdentities, ServerIdentity } from './contract.ts';
import { makeTurns } from './turns.ts';

export interface GrpcService {
  readonly definition: ServiceDefinition;
  readonly handlers: UntypedServiceImplementation;
}

export interface GrpcInput {
  /** `127.0.0.1:15012`, `unix:/run/weft-…/xds.sock`; a Unix socket becomes the owner's alone. */
  readonly addresses: readonly string[];
  readonly identities: ServerIdentities;
  readonly services: readonly GrpcService[];
  /** Well below half a certificate's life, so that a renewed one reaches the stream; ± 10 % by the library. */
  readonly connectionAgeMs?: number;
  readonly connectionAgeGraceMs?: number;
}

export interface GrpcServer {
  /** Ports in the order of `addresses`; 1 for Unix sockets. */
  readonly ports: readonly number[];
  close(): Promise<void>;
}

const halfHour = 30 * 60_000;

export const serveGrpc = async (input: GrpcInput): Promise<GrpcServer> => {
  // What the library would print on its own it also tells us, and one line says it.
  setLogVerbosity(logVerbosity.NONE);
  const server = new Server({
    // Half-open connections are found in 40 s [G2].
    'grpc.keepalive_time_ms': 30_000,
    'grpc.keepalive_timeout_ms': 10_000,
    'grpc.max_connection_age_ms': input.connectionAgeMs ?? halfHour,
    'grpc.max_connection_age_grace_ms': input.connectionAgeGraceMs ?? 10_000,
    // 10,000 names with their versions fit.
    'grpc.max_receive_message_length': 4 * 1024 * 1024,
    'grpc.max_concurrent_streams': 100,
  });
  for (const { definition, handlers } of input.services) server.addService(definition, handlers);
  const credentials = new RotatingCredentials(input.identities);
  const injector = server.createConnectionInjector(credentials);
  const admission = makeTurns(handshakes);
  const listeners: Listener[] = [];
  const close = async (): Promise<void> => {
    credentials.close();
    const closed = listeners.map((listener) => new Promise((done) => listener.close(done)));
    injector.destroy();
    server.forceShutdown();
    await Promise.all(closed);
  };
  try {
    for (const address of input.addresses) {
      // The library would shake hands with everybody who comes within one turn of the event loop.
      const admit = (socket: Socket): void => admission.take(() => injector.injectConnection(socket));
      listeners.push(await listen(address, admit));
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { ports: listeners.map(portOf), close };
};

/** A handshake is about a millisecond of computation. */
const handshakes = { ms: 10, pieces: 4 };

const portOf = (listener: Listener): number => {
  const address = listener.address();
  return typeof address === 'object' && address ? address.port : 1;
};

const listen = async (address: string, admit: (socket: Socket) => void): Promise<Listener> => {
  const path = address.startsWith('unix:') ? address.slice('unix:'.length) : undefined;
  const colon = address.lastIndexOf(':');
  // Left by a process that was killed; two of ours never run in one home (its lock).
  if (path) await rm(path, { force: true });
  const listener = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => {
    // Before the handshake nobody else listens for it.
    socket.on('error', () => socket.destroy());
    admit(socket);
  });
  await new Promise<void>((resolve, reject) => {
    listener.once('error', (error) => reject(new Error(`cannot listen on ${address}: ${error.message}`, { cause: error })));
    if (path) listener.listen(path, resolve);
    else listener.listen(Number(address.slice(colon + 1)), address.slice(0, colon), resolve);
  });
  if (path) await chmod(path, 0o600);
  return listener;
};

/**
 * A client certificate is optional (a bearer token is the other way in) and worth something only if its chain was verified:
 * the library shows it to handlers only then.
 */
class RotatingCredentials extends ServerCredentials {
  readonly #detach: () => void;

  constructor(identities: ServerIdentities) {
    super({ requestCert: true, rejectUnauthorized: false }, secureContext(identities.current()));
    this.#detach = identities.onChange((identity) => this.updateSecureContextOptions(secureContext(identity)));
  }

  _equals(other: ServerCredentials): boolean {
    return this === other;
  }

  close(): void {
    this.#detach();
  }
}

const secureContext = ({ certificate, privateKey, roots }: ServerIdentity) => ({
  ca: roots,
  cert: certificate,
  key: privateKey,
  minVersion: 'TLSv1.2' as const,
  // A resumed session would skip the check against the current roots (SPIRE #6715).
  secureOptions: constants.SSL_OP_NO_TICKET,
});

/**
 * Ends a stream whose client takes nothing more. A status would queue behind what it does not read, and the library has
 * no call for a reset, so its HTTP/2 stream is closed directly (grpc-js 1.14: `ServerDuplexStreamImpl.call.stream`).
 */
export const reset = <Request, Response>(call: ServerDuplexStream<Request, Response>): void => {
  const { stream } = (call as unknown as { call: { stream: { close(code: number): void } } }).call;
  const cancel = 8;
  stream.close(cancel);
};
