/** HTTP over weftd's Unix socket, which is how the CLI proves that it is the administrator. */
import type { IncomingMessage } from 'node:http';
import type { ApiError } from '@weft/model';
import { Failure } from '../exit.ts';

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  /** How long the answer may take; 10 s unless told. */
  readonly limitMs?: number;
}

export interface Http {
  readonly socket: string;
  /** @returns the answer whatever its status */
  send(asked: Asked): Promise<Answer>;
  /** A body that has no end yet. */
  stream(path: string): AsyncIterable<Buffer>;
}

const usualLimitMs = 10_000;

const noAnswer = (limitMs: number, cause: unknown): Failure =>
  new Failure(`weftd did not answer within ${limitMs / 1000} s; logs/weftd.log in the mesh's home may say why`, undefined, { cause });

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
  const open = async ({ method, path, body }: Asked, signal?: AbortSignal): Promise<IncomingMessage> => {
    // Loaded here: a command that asks no mesh would wait 20 ms for all of Node's HTTP.
    const { request } = await import('node:http');
    return await new Promise((resolve, reject) => {
      const text = body === undefined ? undefined : JSON.stringify(body);
      const headers = text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
      const sent = request(
        { socketPath: socket, method, path: `/api/v1${path}`, headers: { host: 'localhost', ...headers }, ...(signal && { signal }) },
        resolve,
      );
      sent.on('error', reject);
      sent.end(text);
    });
  };
  return {
    socket,
    send: async (asked) => {
      const { limitMs = usualLimitMs } = asked;
      const limit = AbortSignal.timeout(limitMs);
      try {
        const message = await open(asked, limit);
        return { status: message.statusCode ?? 0, body: parsed(await read(message)) };
      } catch (error) {
        throw limit.aborted ? noAnswer(limitMs, error) : connectionFailure(error as NodeJS.ErrnoException, socket);
      }
    },
    stream: async function* (path) {
      const message = await open({ method: 'GET', path }).catch((error) => Promise.reject(connectionFailure(error, socket)));
      if ((message.statusCode ?? 0) >= 400) throw new Refusal({ status: message.statusCode ?? 0, body: parsed(await read(message)) });
      try {
        for await (const chunk of message) yield chunk as Buffer;
      } catch (error) {
        throw connectionFailure(error as NodeJS.ErrnoException, socket);
      }
    },
  };
};

/** What weftd said no to, in its own words. */
export class Refusal extends Failure {
  readonly status: number;

  constructor({ status, body }: Answer) {
    super((body as Partial<ApiError>).error ?? `weftd answered with status ${status}`);
    this.status = status;
  }
}
