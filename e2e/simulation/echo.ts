/** Backends on Unix sockets, one for each endpoint: they answer with what they received and who they are, or fail, and remember it. */
import { mkdir } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { failureHeader, failureIn } from './failures.ts';

/** What an endpoint received. */
export interface Arrival {
  /** Name of the endpoint: `<cluster>#<index>`. */
  readonly at: string;
  readonly method: string;
  readonly path: string;
  /** Lower-case names; several values of one name are joined by commas. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface Echo {
  /** @returns the path of the endpoint's socket */
  open(endpoint: string): Promise<string>;
  /** What arrived with this value of `x-sim-id`, copies too. */
  arrivals(id: string): readonly Arrival[];
  /** @returns when nothing has arrived for a second: copies come when they come */
  quiet(): Promise<void>;
  stop(): Promise<void>;
}

/** A request says which headers the answer shall have, so that there is something to change on its way back. */
export const answerHeader = 'x-sim-answer';

const quietMs = 1000;

const parsed = (at: string, head: string): Arrival => {
  const [line = '', ...lines] = head.split('\r\n');
  const [method = '', path = ''] = line.split(' ');
  const headers: Record<string, string> = {};
  for (const header of lines) {
    const colon = header.indexOf(':');
    const [name, value] = [header.slice(0, colon).toLowerCase(), header.slice(colon + 1).trim()];
    headers[name] = headers[name] === undefined ? value : `${headers[name]},${value}`;
  }
  return { at, method, path, headers };
};

interface Status {
  readonly status: number;
  readonly grpc?: number;
}

const answer = ({ headers, ...arrival }: Arrival, { status, grpc }: Status): string => {
  const body = JSON.stringify({ ...arrival, headers });
  const wanted = (headers[answerHeader] ?? '').split(',').filter(Boolean);
  const lines = [...wanted.map((name) => `${name}: backend`), ...(grpc === undefined ? [] : [`grpc-status: ${grpc}`])];
  const head = [`HTTP/1.1 ${status} Said`, ...lines, `content-length: ${Buffer.byteLength(body)}`].join('\r\n');
  return `${head}\r\n\r\n${arrival.method === 'HEAD' ? '' : body}`;
};

/** `3/outbound|80||host#0` → `outbound|80||host` */
export const clusterOf = (at: string): string => at.slice(at.indexOf('/') + 1, at.lastIndexOf('#'));

export const endpointOf = (at: string): string => at.slice(at.lastIndexOf('#') + 1);

/** Copies go to hosts of their own. */
export const isCopy = ({ headers }: Arrival): boolean => /-shadow(:\d+)?$/.test(headers.host ?? '');

export const echo = async (folder: string): Promise<Echo> => {
  await mkdir(folder, { recursive: true });
  const seen = new Map<string, Arrival[]>();
  const servers: Server[] = [];
  const sockets = new Set<Socket>();
  let latest = 0;
  const remember = (arrival: Arrival) => {
    latest = performance.now();
    const id = arrival.headers['x-sim-id'];
    if (id !== undefined) seen.set(id, [...(seen.get(id) ?? []), arrival]);
  };
  const arrivals = (id = ''): readonly Arrival[] => seen.get(id) ?? [];
  /** The first so many tries fail. */
  const failureOf = ({ headers }: Arrival) => {
    const failure = failureIn(headers[failureHeader]);
    const tries = arrivals(headers['x-sim-id']).filter((one) => !isCopy(one)).length;
    return failure && tries <= failure.times ? failure.kind : undefined;
  };
  const respond = (socket: Socket, arrival: Arrival) => {
    const failure = isCopy(arrival) ? undefined : failureOf(arrival);
    if (failure === 'reset') socket.destroy();
    else socket.write(answer(arrival, failure ?? { status: 200 }), 'latin1');
  };
  const serve = (endpoint: string) => (socket: Socket) => {
    sockets.add(socket);
    let text = '';
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (data) => {
      text += data.toString('latin1');
      if (!/^[A-Z]+ \S+ HTTP\/1\.1\r\n/.test(text)) {
        socket.write(`[${endpoint}]`);
        text = '';
      }
      // Requests come without bodies.
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        const arrival = parsed(endpoint, text.slice(0, end));
        text = text.slice(end + 4);
        remember(arrival);
        respond(socket, arrival);
      }
    });
  };
  return {
    open: async (endpoint) => {
      const path = join(folder, `${servers.length}`);
      const server = createServer(serve(endpoint));
      servers.push(server);
      await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve));
      return path;
    },
    arrivals,
    quiet: async () => {
      await sleep(quietMs);
      while (performance.now() - latest < quietMs) await sleep(quietMs);
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
};
