/** DNS on UDP and TCP port 53 of one address in the mesh's network namespace. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createConnection, createServer, isIPv6, type Socket } from 'node:net';
import { answer, type Names, serverFailure, truncated, udpLimit } from './answer.ts';
import { exchange, frame, onMessages } from './frames.ts';

export interface DnsServerInput {
  readonly address: string;
  readonly port?: number;
  readonly names: () => Names;
  /** Unix socket of the forwarder in the host's network namespace. */
  readonly forwarder: string;
}

export interface DnsServer {
  readonly port: number;
  close(): void;
}

const forwardMs = 6_000;
/** Questions on their way outside at once; beyond it the answer is SERVFAIL, and memory stays bounded. */
const forwardLimit = 512;
/** An alias may stand for another one, but not for itself. */
const aliasLimit = 4;
const idleMs = 10_000;
const connectionLimit = 256;

export const serveDns = async ({ address, port = 53, names, forwarder }: DnsServerInput): Promise<DnsServer> => {
  let forwarded = 0;
  const forward = async (query: Buffer): Promise<Buffer> => {
    if (forwarded >= forwardLimit) return serverFailure(query);
    forwarded++;
    try {
      return await exchange(() => createConnection(forwarder), query, forwardMs);
    } catch {
      return serverFailure(query);
    } finally {
      forwarded--;
    }
  };
  const respond = async (query: Buffer, aliases = aliasLimit): Promise<Buffer | undefined> => {
    const reply = answer(query, names());
    if (reply.kind === 'drop') return undefined;
    if (reply.kind === 'answer') return reply.message;
    if (reply.kind === 'forward') return forward(query);
    const answered = aliases > 0 ? await respond(reply.message, aliases - 1) : undefined;
    return answered ? reply.canonical(answered) : serverFailure(query);
  };

  const udp = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  udp.on('message', async (query, peer) => {
    const message = await respond(query);
    if (message) udp.send(truncated(message, udpLimit(query)), peer.port, peer.address, () => {});
  });
  const sockets = new Set<Socket>();
  const tcp = createServer((socket) => {
    sockets.add(socket);
    socket.setTimeout(idleMs, () => socket.destroy());
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    onMessages(socket, async (query) => {
      const message = await respond(query);
      if (!message || socket.destroyed) return;
      // Who asks without reading is not listened to either, and then falls silent for too long.
      if (!socket.write(frame(message))) socket.pause();
    });
    socket.on('drain', () => socket.resume());
  });
  tcp.maxConnections = connectionLimit;

  udp.bind(port, address);
  await once(udp, 'listening');
  const bound = udp.address().port;
  tcp.listen(bound, address);
  await once(tcp, 'listening');
  udp.on('error', () => {}); // A refused answer (ICMP) concerns its asker alone.
  return {
    port: bound,
    close: () => {
      udp.close();
      tcp.close();
      for (const socket of sockets) socket.destroy();
    },
  };
};
