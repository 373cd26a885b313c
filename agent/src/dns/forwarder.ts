/**
 * The other end of the mesh's DNS, in the host's network namespace: takes messages from a Unix socket and asks the host's
 * resolvers, by UDP and, where the answer was cut, by TCP.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { chmod, rm } from 'node:fs/promises';
import { createConnection, createServer, type Socket } from 'node:net';
import { serverFailure } from './answer.ts';
import { exchange, frame, onMessages } from './frames.ts';

export interface Resolver {
  readonly address: string;
  readonly port: number;
}

/** `dns.getServers()` writes `127.0.0.1`, `127.0.0.1:5353`, `::1` or `[::1]:5353`. */
export const parseResolver = (text: string): Resolver => {
  const bracketed = /^\[(.+)\]:(\d+)$/.exec(text) ?? /^([^:]+):(\d+)$/.exec(text);
  if (!bracketed) return { address: text, port: 53 };
  return { address: bracketed[1] ?? text, port: Number(bracketed[2]) };
};

const tryMs = 1_500;

const askUdp = ({ address, port }: Resolver, query: Buffer): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    const timer = setTimeout(() => finish(new Error(`${address} does not answer`)), tryMs);
    const finish = (result: Buffer | Error): void => {
      clearTimeout(timer);
      socket.close();
      if (result instanceof Error) reject(result);
      else resolve(result);
    };
    socket.once('error', finish);
    // Connected: only the resolver's own packets arrive; the id ties them to this question.
    socket.connect(port, address, () => socket.send(query));
    socket.on('message', (message) => {
      if (message.length >= 12 && message.readUInt16BE(0) === query.readUInt16BE(0)) finish(message);
    });
  });

const ask = async (resolver: Resolver, query: Buffer): Promise<Buffer> => {
  const message = await askUdp(resolver, query);
  const cut = (message.readUInt16BE(2) & 0x0200) !== 0;
  if (!cut) return message;
  return exchange(() => createConnection(resolver.port, resolver.address), query, tryMs).catch(() => message);
};

/** Each resolver in turn, twice, as resolv.conf(5) does. */
export const resolve = async (resolvers: readonly Resolver[], query: Buffer): Promise<Buffer> => {
  for (const resolver of [...resolvers, ...resolvers]) {
    const message = await ask(resolver, query).catch(() => undefined);
    if (message) return message;
  }
  return serverFailure(query);
};

/** Serves the forwarding socket (0600). `resolvers` is asked for each message: networks come and go. */
export const serveForwarder = async (path: string, resolvers: () => readonly Resolver[]): Promise<{ close(): void }> => {
  await rm(path, { force: true });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    onMessages(socket, async (query) => {
      if (query.length < 12) return socket.destroy();
      const message = await resolve(resolvers(), query);
      if (!socket.destroyed) socket.write(frame(message));
    });
  });
  server.listen(path);
  await once(server, 'listening');
  await chmod(path, 0o600);
  return {
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
};
