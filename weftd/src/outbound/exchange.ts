/** One HTTP request to an address that somebody wrote down, over TLS that is verified, with limits of time and size. Redirects are answers. */
import { type IncomingHttpHeaders, type IncomingMessage, request as overHttp } from 'node:http';
import { request as overHttps } from 'node:https';
import { guardedLookup, type Reach, refuseLiteral, refusePeer } from './guard.ts';

export interface Question {
  readonly url: URL;
  readonly method: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export interface Limits {
  readonly signal: AbortSignal;
  /** Of the answer's body; a larger one is an error. */
  readonly maxBytes: number;
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const ask = ({ url, method, headers, body }: Question, reach: Reach, signal: AbortSignal): Promise<IncomingMessage> =>
  new Promise((answer, reject) => {
    if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new Error(`${url.protocol} is not asked`);
    if (url.username || url.password) throw new Error('the address holds a user name or password');
    refuseLiteral(url.hostname, reach);
    const options = {
      method,
      // A connection of its own: one that is kept would have been judged by another's settings.
      agent: false,
      signal,
      lookup: guardedLookup(reach),
      headers: { accept: 'application/json', 'accept-encoding': 'identity', 'user-agent': 'weftd', ...headers },
      maxHeaderSize: 16 * 1024,
    } as const;
    // Whatever the environment says of certificates.
    const sent = url.protocol === 'https:' ? overHttps(url, { ...options, rejectUnauthorized: true }) : overHttp(url, options);
    sent.once('socket', (socket) => refusePeer(socket, reach));
    sent.once('response', answer).once('error', reject).end(body);
  });

const read = async (response: IncomingMessage, maxBytes: number): Promise<string> => {
  const encoding = response.headers['content-encoding'];
  if (encoding && encoding !== 'identity') throw new Error(`the answer is packed (${encoding.slice(0, 20)})`);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    size += (chunk as Buffer).length;
    if (size > maxBytes) throw new Error(`the answer is larger than ${maxBytes / 1024} KiB`);
    chunks.push(chunk as Buffer);
  }
  if (!response.complete) throw new Error('the answer ended early');
  return Buffer.concat(chunks).toString('utf8');
};

/** Rejects with what went wrong, in one line. */
export const exchange = async (question: Question, reach: Reach, { signal, maxBytes }: Limits): Promise<Reply> => {
  const response = await ask(question, reach, signal);
  try {
    return { status: response.statusCode ?? 0, headers: response.headers, body: await read(response, maxBytes) };
  } finally {
    response.destroy();
  }
};
