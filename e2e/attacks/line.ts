/** Clients that say what they are told to, however odd: HTTP/1.1 as bytes on a socket, HTTP/2 as Node frames it. */
import { type ClientHttp2Session, connect, type OutgoingHttpHeaders } from 'node:http2';
import type { Socket } from 'node:net';
import { type Answer, type Arrival, answerOf, isComplete } from '../security/scene.ts';

export interface Call {
  readonly method?: string;
  readonly path?: string;
  readonly host?: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** HTTP/1.1: the whole request as bytes, instead of all of the above. */
  readonly bytes?: string;
}

export const protocols = ['HTTP/1.1', 'HTTP/2'] as const;
export type Protocol = (typeof protocols)[number];

/** One after the other, over one connection as long as the server keeps it. */
export interface Line {
  ask(call: Call): Promise<Answer>;
  close(): void;
}

export const defaultHost = 'a.example';

const textOf = ({ method = 'GET', path = '/', host = defaultHost, headers = [], bytes }: Call): string =>
  bytes ?? `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;

const patience = 10_000;

/** What came until the answer was whole or the connection was closed. */
const exchanged = (socket: Socket, request: string, isHead: boolean): Promise<string> =>
  new Promise((resolve) => {
    let text = '';
    const finish = (): void => {
      clearTimeout(timer);
      socket.removeListener('data', onData).removeListener('close', finish);
      resolve(text);
    };
    const onData = (data: Buffer): void => {
      text = (text + data.toString('latin1')).replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/, '');
      if (isComplete(text) || (isHead && text.includes('\r\n\r\n'))) finish();
    };
    const timer = setTimeout(() => socket.destroy(), patience);
    socket.on('data', onData).once('close', finish);
    socket.write(Buffer.from(request, 'latin1'));
  });

export const http1Line = (dial: () => Socket): Line => {
  let socket: Socket | undefined;
  const opened = (): Socket => {
    const fresh = dial();
    fresh.on('error', () => fresh.destroy());
    fresh.setNoDelay(true);
    return fresh;
  };
  return {
    ask: async (call) => {
      const current = socket && !socket.destroyed && socket.writable ? socket : opened();
      socket = current;
      const text = await exchanged(current, textOf(call), call.method === 'HEAD');
      // What is left of garbage must not become part of the next question.
      if (call.bytes !== undefined || !isComplete(text) || /\r\nconnection: close/i.test(text)) {
        current.destroy();
        socket = undefined;
      }
      return answerOf(text);
    },
    close: () => socket?.destroy(),
  };
};

/** Headers by name, those that come several times with all their values. */
const framed = ({ method = 'GET', path = '/', host = defaultHost, headers = [] }: Call): OutgoingHttpHeaders => {
  const all: Record<string, string | string[]> = { ':method': method, ':path': path, ':authority': host, ':scheme': 'http' };
  for (const [name, value] of headers) {
    const known = all[name.toLowerCase()];
    all[name.toLowerCase()] = known === undefined ? value : [...(Array.isArray(known) ? known : [known]), value];
  }
  return all;
};

/**
 * Connections that break the rules of HTTP/2, Envoy closes only a second later, and says nothing until then; on a busy machine it may
 * say nothing for as long of others.
 */
const silences = [250, 3000];

const streamed = (session: ClientHttp2Session, call: Call, silence: number): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const stream = session.request(framed(call), { endStream: true });
    let status = 0;
    let body = '';
    const timer = setTimeout(() => session.destroy(), silence);
    stream.on('response', (headers) => {
      status = headers[':status'] ?? 0;
    });
    stream.on('data', (data) => {
      body += data;
    });
    // A stream that is reset has no answer.
    stream.on('error', () => {});
    stream.on('close', () => {
      clearTimeout(timer);
      const isEcho = status === 200 && body.startsWith('{"method"');
      resolve({ status, head: '', ...(isEcho && { seen: JSON.parse(body) as Arrival }) });
    });
    session.once('close', reject);
  });

export const http2Line = (dial: () => Socket): Line => {
  let session: ClientHttp2Session | undefined;
  const opened = (): ClientHttp2Session => {
    if (session && !session.destroyed && !session.closed) return session;
    const fresh = connect('http://mesh', { createConnection: () => dial() });
    fresh.setMaxListeners(0);
    fresh.on('error', () => fresh.destroy());
    session = fresh;
    return fresh;
  };
  return {
    ask: async (call) => {
      if (call.bytes !== undefined) throw new Error('bytes are of HTTP/1.1');
      let answer: Answer = { status: 0, head: '' };
      for (const silence of silences) {
        if (answer.status === 0) answer = await streamed(opened(), call, silence).catch(() => answer);
      }
      return answer;
    },
    close: () => session?.destroy(),
  };
};
