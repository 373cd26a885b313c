/** Asks Envoy over HTTP/1.1 or HTTP/2, as whom the question says and from where. */
import { Agent, request as sendRequest } from 'node:http';
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { connect as dial, type Socket } from 'node:net';
import { connect as secure } from 'node:tls';
import type { Leaf } from '../traffic/certificates.ts';
import type { Asked } from './asked.ts';

export interface Answer {
  /** 0: the stream was reset instead. */
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface Client {
  ask(asked: Asked): Promise<Answer>;
  close(): void;
}

const introduction = ({ client, at, request: { port } }: Asked): string =>
  `PROXY TCP${at.includes(':') ? 6 : 4} ${client} ${at} 4000 ${port}\r\n`;

const socketFor = (asked: Asked, leaves: readonly Leaf[]): Socket => {
  const { identity, at: host, source, client, serverName, request, http2 } = asked;
  const socket = dial({ host, port: request.port, localAddress: source });
  if (client !== undefined) socket.write(introduction(asked));
  const leaf = identity === undefined ? undefined : leaves[identity];
  if (!leaf) return socket;
  const ALPNProtocols = http2 ? ['istio-h2', 'h2'] : ['istio-http/1.1', 'http/1.1'];
  const named = serverName !== '' && { servername: serverName };
  return secure({ socket, rejectUnauthorized: false, ALPNProtocols, ...named, cert: leaf.certificate, key: leaf.key });
};

/** Questions of one key share a connection. */
const keyOf = ({ identity, at, source, client, serverName, request: { port } }: Asked): string =>
  JSON.stringify([identity, at, source, client, serverName, port]);

const remembered =
  <T>(known: Map<string, T>, make: (asked: Asked) => T) =>
  (asked: Asked): T => {
    const key = keyOf(asked);
    const one = known.get(key) ?? make(asked);
    known.set(key, one);
    return one;
  };

const texts = (headers: object): Answer['headers'] =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));

const askHttp1 = (asked: Asked, agent: Agent): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { path, method, headers, authority = '' } = asked.request;
    const sent = sendRequest({ agent, path, method, headers: { ...headers, host: authority }, setHost: false }, (response) => {
      response.resume();
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: texts(response.headers) }));
    });
    sent.on('error', (error) => reject(new Error(JSON.stringify(asked), { cause: error })));
    sent.end();
  });

const askHttp2 = ({ request: { path, method, headers, authority } }: Asked, session: ClientHttp2Session): Promise<Answer> =>
  new Promise((resolve) => {
    const pseudo = { ':method': method, ':path': path, ':authority': authority, ':scheme': 'http' };
    const stream = session.request({ ...pseudo, ...headers });
    let answer: Answer = { status: 0, headers: {} };
    stream.on('response', (got) => {
      answer = { status: Number(got[':status']), headers: texts(got) };
    });
    stream.resume();
    stream.on('error', () => resolve({ status: 0, headers: {} }));
    stream.on('end', () => resolve(answer));
    stream.end();
  });

/** @param leaves certificates of the identities */
export const clientOf = (leaves: readonly Leaf[]): Client => {
  const agents = new Map<string, Agent>();
  const sessions = new Map<string, ClientHttp2Session>();
  const agentFor = remembered(agents, (asked) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 2 });
    agent.createConnection = () => socketFor(asked, leaves);
    return agent;
  });
  const sessionFor = remembered(sessions, (asked) =>
    connectHttp2(`http://${asked.at.includes(':') ? `[${asked.at}]` : asked.at}`, { createConnection: () => socketFor(asked, leaves) }),
  );
  return {
    ask: (asked) => (asked.http2 ? askHttp2(asked, sessionFor(asked)) : askHttp1(asked, agentFor(asked))),
    close: () => {
      for (const agent of agents.values()) agent.destroy();
      for (const session of sessions.values()) session.destroy();
    },
  };
};
