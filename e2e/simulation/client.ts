/** Asks in HTTP over Unix sockets. The address that would have been dialled is told by the PROXY protocol: chains are chosen by it. */
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import type { Pair } from './keys.ts';

/** What a client says before it speaks. */
export interface Encryption {
  /** Empty: none. */
  readonly serverName: string;
  readonly alpn: readonly string[];
  readonly pair?: Pair;
}

/** Where a listener is, and what its clients dial. */
export interface Dialled {
  readonly socket: string;
  readonly address?: string | undefined;
  readonly port: number;
  /** Absent: the listener takes connections as they are. */
  readonly isTold?: boolean;
  readonly encryption?: Encryption;
}

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

/** Nobody's. */
export const elsewhere = '198.18.0.1';

const introduction = ({ address = elsewhere, port }: Dialled): string =>
  address.includes(':') ? `PROXY TCP6 2001:db8::9 ${address} 40000 ${port}\r\n` : `PROXY TCP4 192.0.2.9 ${address} 40000 ${port}\r\n`;

export const opened = (dialled: Dialled): Socket => {
  const socket = connect(dialled.socket);
  if (dialled.isTold) socket.write(introduction(dialled));
  return socket;
};

/** Whoever answers is taken for the one who is meant: what is asked about is the server's side. */
export const clientOptions = ({ serverName, alpn, pair }: Encryption): ConnectionOptions => ({
  ...{ rejectUnauthorized: false, ALPNProtocols: [...alpn] },
  ...(serverName !== '' && { servername: serverName }),
  ...(pair && { cert: pair.certificate, key: pair.key }),
});

const agents = new Map<string, Agent>();

const agentFor = (dialled: Dialled): Agent => {
  const { socket, address, port, encryption } = dialled;
  const key = `${socket} ${address} ${port} ${JSON.stringify(encryption)}`;
  const known = agents.get(key);
  if (known) return known;
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  agent.createConnection = () => (encryption ? connectTls({ ...clientOptions(encryption), socket: opened(dialled) }) : opened(dialled));
  agents.set(key, agent);
  return agent;
};

export const closeConnections = (): void => {
  for (const agent of agents.values()) agent.destroy();
  agents.clear();
};

const headersOf = (raw: readonly string[]): Readonly<Record<string, string>> => {
  const headers: Record<string, string> = {};
  for (let at = 0; at < raw.length; at += 2) {
    const [name = '', value = ''] = [raw[at]?.toLowerCase(), raw[at + 1]];
    headers[name] = headers[name] === undefined ? value : `${headers[name]},${value}`;
  }
  return headers;
};

const closed: Answer = { status: 0, headers: {}, body: '' };

/** TLS that is refused ends with an alert, or with what is no TLS at all. */
const isClosing = ({ code = '' }: NodeJS.ErrnoException): boolean => /^(ECONNRESET|EPIPE|EPROTO|ERR_SSL_.*)$/.test(code);

export const ask = (dialled: Dialled, { method, path, headers }: Question): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const asked = request({ agent: agentFor(dialled), method, path, headers, setHost: false, timeout: 20_000 }, (response) => {
      let body = '';
      response.setEncoding('latin1');
      response.on('data', (data: string) => {
        body += data;
      });
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: headersOf(response.rawHeaders), body }));
    });
    asked.on('timeout', () => asked.destroy(new Error(`no answer: ${method} ${path}`)));
    asked.on('error', (error: NodeJS.ErrnoException) => (isClosing(error) ? resolve(closed) : reject(error)));
    asked.end();
  });
