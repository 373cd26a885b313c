/** Servers that tell what they saw, and callers with identities. */
import { once } from 'node:events';
import { createServer, connect as dial, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as secure } from 'node:tls';
import type { Leaf, Root } from '../traffic/certificates.ts';

export const greeting = 'who is there?\n';

export interface Echo {
  readonly port: number;
  /** Connections that it has had. */
  readonly seen: () => number;
  stop(): void;
}

/** Sends back what comes in brackets, and first of all its greeting where it is one that speaks first. */
export const echo = async (first: 'server' | 'client', port = 0): Promise<Echo> => {
  let seen = 0;
  const open = new Set<Socket>();
  const server: Server = createServer((socket) => {
    seen += 1;
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => socket.destroy());
    if (first === 'server') socket.write(greeting);
    socket.on('data', (data) => socket.write(`[${data}]`));
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const stop = () => {
    server.close();
    for (const socket of open) socket.destroy();
  };
  return { port: address.port, seen: () => seen, stop };
};

export interface Caller {
  /** Absent: it comes without TLS. */
  readonly leaf?: Leaf;
  readonly from?: string;
  /** The server name that it asks for. */
  readonly asks?: string;
  readonly at?: string;
}

/** A caller of the mesh: what it is, without `spiffe://`. */
export const meshCaller = async (root: Root, name: string): Promise<Caller> => ({
  leaf: await root.issue('caller', { uris: [`spiffe://${name}`] }),
});

export interface Line {
  /** All that came so far. */
  readonly heard: () => string;
  readonly hasEnded: () => boolean;
  say(text: string): void;
  /** Until so much was heard, the peer ended it, or the time is over. */
  until(wanted: (heard: string) => boolean, ms?: number): Promise<string>;
  close(): void;
}

/** @returns at once, whatever becomes of it */
export const call = (port: number, { leaf, from, asks, at = '127.0.0.2' }: Caller): Line => {
  const place = { port, host: at, ...(from !== undefined && { localAddress: from }) };
  const tls = { rejectUnauthorized: false, ALPNProtocols: ['istio'], ...(asks !== undefined && { servername: asks }) };
  const socket = leaf ? secure({ ...place, ...tls, cert: leaf.certificate, key: leaf.key }) : dial(place);
  let heard = '';
  let ended = false;
  socket.on('data', (data) => {
    heard += data.toString('latin1');
  });
  const end = () => {
    ended = true;
  };
  socket.on('end', end).on('close', end).on('error', end);
  return {
    heard: () => heard,
    hasEnded: () => ended,
    say: (text) => void socket.write(text),
    until: async (wanted, ms = 10_000) => {
      for (const limit = Date.now() + ms; Date.now() < limit && !ended && !wanted(heard); ) await sleep(5);
      return heard;
    },
    close: () => socket.destroy(),
  };
};
