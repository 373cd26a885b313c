/** Asks over Unix sockets. The address that would have been dialled is told by the PROXY protocol: chains are chosen by it. */
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';

/** Where a listener is, and what its clients dial. */
export interface Dialled {
  readonly socket: string;
  readonly address?: string | undefined;
  readonly port: number;
  /** Absent: the listener takes connections as they are. */
  readonly isTold?: boolean;
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

const introduction = ({ address = '198.18.0.1', port }: Dialled): string =>
  address.includes(':') ? `PROXY TCP6 2001:db8::9 ${address} 40000 ${port}\r\n` : `PROXY TCP4 192.0.2.9 ${address} 40000 ${port}\r\n`;

const opened = (dialled: Dialled): Socket => {
  const socket = connect(dialled.socket);
  if (dialled.isTold) socket.write(introduction(dialled));
  return socket;
};

const agents = new Map<string, Agent>();

const agentFor = (dialled: Dialled): Agent => {
  const key = `${dialled.socket} ${dialled.address} ${dialled.port}`;
  const known = agents.get(key);
  if (known) return known;
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  agent.createConnection = () => opened(dialled);
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
const closing = new Set(['ECONNRESET', 'EPIPE']);

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
    asked.on('error', (error: NodeJS.ErrnoException) => (closing.has(error.code ?? '') ? resolve(closed) : reject(error)));
    asked.end();
  });

const hellos = new Map<string, Promise<Buffer>>();

/** The first bytes of a TLS connection for a server name. */
export const clientHello = (servername: string): Promise<Buffer> => {
  const known = hellos.get(servername);
  if (known) return known;
  const made = new Promise<Buffer>((resolve) => {
    const wire = new Duplex({
      read: () => {},
      write: (chunk: Buffer, _encoding, done) => {
        resolve(chunk);
        done();
      },
    });
    connectTls({ socket: wire, servername, ALPNProtocols: ['h2', 'http/1.1'] }).on('error', () => {});
  });
  hellos.set(servername, made);
  return made;
};

/** Bytes there and bytes back, up to a closing bracket; empty where the connection is closed instead. */
export const exchange = (dialled: Dialled, bytes: Buffer): Promise<string> =>
  new Promise((resolve) => {
    const socket = opened(dialled);
    let text = '';
    const finish = () => {
      socket.destroy();
      resolve(text);
    };
    socket.on('data', (data) => {
      text += data.toString('latin1');
      if (text.endsWith(']')) finish();
    });
    socket.on('end', finish);
    socket.on('error', finish);
    socket.setTimeout(5000, finish);
    socket.write(bytes);
  });
