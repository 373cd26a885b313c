/** Asks over Unix sockets, on connections that are kept. */
import { Agent, request } from 'node:http';

export interface Question {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Answer {
  /** 0: the connection was closed instead. */
  readonly status: number;
  /** Lower-case names; several values of one name are joined by commas. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

let agent = new Agent({ keepAlive: true, maxSockets: 8 });

export const closeConnections = (): void => {
  agent.destroy();
  agent = new Agent({ keepAlive: true, maxSockets: 8 });
};

const headersOf = (raw: readonly string[]): Readonly<Record<string, string>> => {
  const headers: Record<string, string> = {};
  for (let at = 0; at < raw.length; at += 2) {
    const [name = '', value = ''] = [raw[at]?.toLowerCase(), raw[at + 1]];
    headers[name] = headers[name] === undefined ? value : `${headers[name]},${value}`;
  }
  return headers;
};

const closed = new Set(['ECONNRESET', 'EPIPE']);

export const ask = (socketPath: string, { method, path, headers }: Question): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const asked = request({ socketPath, agent, method, path, headers, setHost: false, timeout: 20_000 }, (response) => {
      let body = '';
      response.setEncoding('latin1');
      response.on('data', (data: string) => {
        body += data;
      });
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: headersOf(response.rawHeaders), body }));
    });
    asked.on('timeout', () => asked.destroy(new Error(`no answer: ${method} ${path}`)));
    asked.on('error', (error: NodeJS.ErrnoException) =>
      closed.has(error.code ?? '') ? resolve({ status: 0, headers: {}, body: '' }) : reject(error),
    );
    asked.end();
  });
