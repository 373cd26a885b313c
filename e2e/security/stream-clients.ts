/** Streams as clients hold them: gRPC, WebSockets and long downloads, each on a connection of its own; and short requests. */
import { Agent, request } from 'node:http';
import { type ClientHttp2Session, connect as dialHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Of the application. */
export const tickMs = 50;

export interface Stream {
  /** Whether it says something still. */
  isAlive(): Promise<boolean>;
  /** Milliseconds, of `Date.now`; undefined while it goes on. */
  endedAt(): number | undefined;
  close(): void;
}

/** What comes and goes of a stream, by whatever means. */
const observed = (close: () => void) => {
  let ended: number | undefined;
  let heard = 0;
  const stream: Stream = {
    isAlive: async () => {
      const before = heard;
      // A busy machine is late with what it says.
      for (const end = Date.now() + 5_000; ended === undefined && heard === before && Date.now() < end; ) await sleep(tickMs);
      return ended === undefined && heard > before;
    },
    endedAt: () => ended,
    close,
  };
  const end = (): void => {
    ended ??= Date.now();
  };
  const hear = (): void => {
    heard += 1;
  };
  return { stream, end, hear };
};

export type Kind = 'gRPC' | 'WebSocket' | 'download';

export interface Opened {
  readonly status: number;
  readonly stream: Stream;
}

const openGrpc = (host: string, port: number): Promise<Opened> =>
  new Promise((resolve) => {
    const session = dialHttp2(`http://${host}:${port}`);
    const sent = session.request({ ':method': 'POST', ':path': '/grpc/stream', 'content-type': 'application/grpc' });
    const { stream, end, hear } = observed(() => session.destroy());
    // Who calls by gRPC is refused by gRPC.
    sent.on('response', (headers) => resolve({ status: headers['grpc-status'] === '7' ? 403 : Number(headers[':status']), stream }));
    sent.on('data', hear).on('close', end).on('error', end);
    session.on('error', end);
  });

const openDownload = (host: string, port: number): Promise<Opened> =>
  new Promise((resolve, reject) => {
    const sent = request({ host, port, path: '/download', agent: false }, (response) => {
      response.on('data', hear).on('close', end).on('error', end);
      resolve({ status: response.statusCode ?? 0, stream });
    });
    const { stream, end, hear } = observed(() => sent.destroy());
    sent.on('error', reject);
    sent.end();
  });

const openSocket = (host: string, port: number): Promise<Opened> =>
  new Promise((resolve) => {
    const socket = connect(port, host);
    const { stream, end, hear } = observed(() => socket.destroy());
    const upgrade =
      'connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
    socket.write(`GET /socket HTTP/1.1\r\nhost: app\r\n${upgrade}\r\n`);
    socket.once('data', (data) => resolve({ status: Number(data.toString('latin1').split(' ')[1]), stream }));
    socket.on('data', hear).on('close', end).on('error', end);
  });

const openers = { gRPC: openGrpc, download: openDownload, WebSocket: openSocket };

export const open = (kind: Kind, host: string, port: number): Promise<Opened> => openers[kind](host, port);

const ask = (session: ClientHttp2Session): Promise<number> =>
  new Promise((resolve, reject) => {
    const sent = session.request({ ':path': '/short' });
    let status = 0;
    sent.on('response', (headers) => {
      status = Number(headers[':status']);
    });
    sent.on('error', reject).on('close', () => resolve(status));
    sent.resume();
  });

const askHttp1 = (host: string, port: number, agent: Agent): Promise<number> =>
  new Promise((resolve, reject) => {
    const sent = request({ host, port, path: '/short', agent }, (response) => {
      response.on('end', () => resolve(response.statusCode ?? 0)).on('error', reject);
      response.resume();
    });
    sent.on('error', reject);
    sent.end();
  });

export interface Answers {
  readonly served: number;
  /** What became of the others. */
  readonly lost: readonly string[];
}

/** Connections with one request after the other on each: half of them HTTP/1.1, half HTTP/2, anew once the server wants to be rid of one. */
export const shortRequests = (host: string, port: number): { stop(): Promise<Answers> } => {
  let isOver = false;
  let served = 0;
  const lost: string[] = [];
  const run = async (one: () => Promise<number>): Promise<void> => {
    while (!isOver) {
      const status = await one().catch((error: unknown) => String(error));
      if (status === 200) served += 1;
      else lost.push(`${status}`);
      await sleep(5);
    }
  };
  const clients = Array.from({ length: 4 }, async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    let session: ClientHttp2Session | undefined;
    const overHttp2 = (): Promise<number> => {
      if (!session || session.closed || session.destroyed) session = dialHttp2(`http://${host}:${port}`).on('error', () => {});
      return ask(session);
    };
    await Promise.all([run(() => askHttp1(host, port, agent)), run(overHttp2)]);
    agent.destroy();
    session?.destroy();
  });
  return {
    stop: async () => {
      isOver = true;
      await Promise.all(clients);
      return { served, lost };
    },
  };
};
