/**
 * The other end of the mesh's DNS, in the host's network namespace: takes messages from a Unix socket and asks the host's
 * resolvers, by UDP and, where the answer was cut, by TCP.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { chmod, rm } from 'node:fs/promises';
import { createConnection, createServer, type Socket } from 'node:net';
import { decode } from 'dns-packet';
import { serverFailure, withoutIPv6 } from './answer.ts';
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

/** What the host's network is like just now: networks come and go. */
export interface Outside {
  resolvers(): readonly Resolver[];
  /** Whether the host itself has a way to IPv6 addresses. */
  hasIPv6(): Promise<boolean>;
}

/** A default route in the kernel's table (proc(5), `/proc/net/ipv6_route`), or one to all global addresses, which is up and leads somewhere. */
export const leavesByIPv6 = (routes: string): boolean =>
  routes.split('\n').some((line) => {
    const [destination = '', length, , , , , , , flags = '0', device] = line.trim().split(/\s+/);
    const isWide = (length === '00' && /^0+$/.test(destination)) || (length === '03' && /^20+$/.test(destination));
    // RTF_UP, and not RTF_REJECT.
    return isWide && device !== 'lo' && (Number.parseInt(flags, 16) & 0x201) === 1;
  });

const known = async (message: Buffer, { hasIPv6 }: Outside): Promise<Buffer> => {
  try {
    return decode(message).questions?.[0]?.type === 'AAAA' && !(await hasIPv6()) ? withoutIPv6(message) : message;
  } catch {
    return message; // Not ours to judge.
  }
};

/** Serves the forwarding socket (0600). */
export const serveForwarder = async (path: string, outside: Outside): Promise<{ close(): void }> => {
  await rm(path, { force: true });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    onMessages(socket, async (query) => {
      if (query.length < 12) return socket.destroy();
      const message = await known(await resolve(outside.resolvers(), query), outside);
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
