/** HTTP over weftd's Unix socket, which is how the CLI proves that it is the administrator. */
import { type IncomingMessage, request } from 'node:http';
import type { ApiError } from '@weft/model';
import { Failure } from '../exit.ts';

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export interface Http {
  readonly socket: string;
  /** @returns the answer whatever its status */
  send(method: string, path: string, body?: unknown): Promise<Answer>;
  /** A body that has no end yet. */
  stream(path: string): AsyncIterable<Buffer>;
}

const connectionFailure = (error: NodeJS.ErrnoException, socket: string): Failure => {
  if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') {
    return new Failure(`no mesh is running here (socket ${socket}); start one with \`weft up\``, undefined, { cause: error });
  }
  if (error.code === 'EACCES') return new Failure(`the mesh here belongs to another user (socket ${socket})`, undefined, { cause: error });
  return new Failure(`the connection to weftd broke: ${error.message}`, undefined, { cause: error });
};

const read = async (message: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
};

const parsed = (text: string): unknown => {
  if (text === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    return { error: text.slice(0, 500) };
  }
};

export const createHttp = (socket: string): Http => {
  const open = (method: string, path: string, body?: unknown): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const text = body === undefined ? undefined : JSON.stringify(body);
      const headers = text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
      const sent = request({ socketPath: socket, method, path: `/api/v1${path}`, headers: { host: 'localhost', ...headers } }, resolve);
      sent.on('error', (error) => reject(connectionFailure(error, socket)));
      sent.end(text);
    });
  return {
    socket,
    send: async (method, path, body) => {
      const message = await open(method, path, body);
      const text = await read(message).catch((error: NodeJS.ErrnoException) => Promise.reject(connectionFailure(error, socket)));
      return { status: message.statusCode ?? 0, body: parsed(text) };
    },
    stream: async function* (path) {
      const message = await open('GET', path);
      if ((message.statusCode ?? 0) >= 400) throw refusal({ status: message.statusCode ?? 0, body: parsed(await read(message)) });
      for await (const chunk of message) yield chunk as Buffer;
    },
  };
};

/** What weftd said no to, in its own words. */
export const refusal = ({ status, body }: Answer): Failure => {
  const said = body as Partial<ApiError>;
  return new Failure(said.error ?? `weftd answered with status ${status}`);
};
