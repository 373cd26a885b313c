/** One HTTP request to an address that somebody wrote down, over TLS that is verified, with limits of time and size. Redirects are answers. */
import { Agent as HttpAgent, type IncomingHttpHeaders, type IncomingMessage, request as overHttp } from 'node:http';
import { Agent as HttpsAgent, request as overHttps } from 'node:https';
import { guardedLookup, type Reach, refuseLiteral, refusePeer } from './guard.ts';

export interface Question {
  readonly url: URL;
  readonly method: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Of TLS. */
  readonly certificates?: Certificates;
  /** Of the asker's own (`kept`); absent: a connection for this question alone. */
  readonly connections?: Connections;
}

/** PEM. */
export interface Certificates {
  /** Who is trusted instead of those whom everybody trusts. */
  readonly authority?: string;
  /** Who asks. */
  readonly client?: { readonly certificate: string; readonly key: string };
}

/** Connections that may serve again: of one asker, whose settings stay the same, since nobody judges them anew. */
export interface Connections {
  readonly 'http:': HttpAgent;
  readonly 'https:': HttpsAgent;
}

export const keptConnections = (): Connections => ({
  'http:': new HttpAgent({ keepAlive: true, maxSockets: 1 }),
  'https:': new HttpsAgent({ keepAlive: true, maxSockets: 1 }),
});

export const endConnections = (connections: Connections): void => {
  for (const agent of Object.values(connections)) agent.destroy();
};

/** As node calls them; whatever the environment says of certificates. */
export const tlsOf = ({ authority, client }: Certificates) => ({
  rejectUnauthorized: true,
  ...(authority !== undefined && { ca: authority }),
  ...(client && { cert: client.certificate, key: client.key }),
});

export interface Limits {
  readonly signal: AbortSignal;
  /** Of the answer's body; a larger one is an error. */
  readonly maxBytes: number;
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly bytes: Buffer;
}

const ask = (
  { url, method, headers, body, certificates = {}, connections }: Question,
  reach: Reach,
  signal: AbortSignal,
): Promise<IncomingMessage> =>
  new Promise((answer, reject) => {
    if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new Error(`${url.protocol} is not asked`);
    if (url.username || url.password) throw new Error('the address holds a user name or password');
    refuseLiteral(url.hostname, reach);
    const options = {
      method,
      agent: connections?.[url.protocol] ?? false,
      signal,
      lookup: guardedLookup(reach),
      headers: { accept: 'application/json', 'accept-encoding': 'identity', 'user-agent': 'weftd', ...headers },
      maxHeaderSize: 16 * 1024,
    } as const;
    const sent = url.protocol === 'https:' ? overHttps(url, { ...options, ...tlsOf(certificates) }) : overHttp(url, options);
    sent.once('socket', (socket) => {
      if (socket.connecting) refusePeer(socket, reach);
    });
    sent.once('response', answer).once('error', reject).end(body);
  });

const read = async (response: IncomingMessage, maxBytes: number): Promise<Buffer> => {
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
  return Buffer.concat(chunks);
};

/** Rejects with what went wrong, in one line. */
export const exchange = async (question: Question, reach: Reach, { signal, maxBytes }: Limits): Promise<Reply> => {
  const response = await ask(question, reach, signal);
  try {
    const bytes = await read(response, maxBytes);
    return { status: response.statusCode ?? 0, headers: response.headers, body: bytes.toString('utf8'), bytes };
  } finally {
    response.destroy();
  }
};
