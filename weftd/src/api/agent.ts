/** The agent's own API on its Unix socket: logs, exec, Envoy's admin. Only weftd asks it, for those whom it has let in. */
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { Refusal } from './routes.ts';

export interface Agent {
  /** The answer whatever its status. Throws a Refusal (503) when there is no agent. */
  get(path: string): Promise<IncomingMessage>;
  /** The same, for what changes something. */
  post(path: string): Promise<IncomingMessage>;
  /** Hands a connection that asked for a WebSocket over to the agent, as it came. */
  upgrade(message: IncomingMessage, connection: { readonly socket: Duplex; readonly head: Buffer }): void;
}

const noAgent = (): Refusal => new Refusal(503, 'the agent is not there; it starts the workloads and reads their logs');

const forwarded = new Set(['connection', 'upgrade']);

const upgradeRequest = (message: IncomingMessage): string => {
  const path = (message.url ?? '').replace(/^\/api\/v1/, '');
  const headers = Object.entries(message.headers).filter(([name]) => forwarded.has(name) || name.startsWith('sec-websocket-'));
  return [`GET ${path} HTTP/1.1`, 'host: agent', ...headers.map(([name, value]) => `${name}: ${String(value)}`), '', ''].join('\r\n');
};

/** Answers an upgrade with an error, as HTTP. */
export const refuseUpgrade = (socket: Duplex, status: number, error: string): void => {
  const body = JSON.stringify({ error });
  const head = [
    `HTTP/1.1 ${status} Refused`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${[...head, '', ''].join('\r\n')}${body}`);
};

const ask = (at: string | undefined, method: 'GET' | 'POST', path: string): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    if (at === undefined) return reject(noAgent());
    const asked = request({ socketPath: at, method, path, headers: { host: 'agent' } }, resolve);
    asked.on('error', () => reject(noAgent()));
    asked.end();
  });

export const agentAt = (socketPath: () => string | undefined): Agent => ({
  get: (path) => ask(socketPath(), 'GET', path),
  post: (path) => ask(socketPath(), 'POST', path),
  upgrade: (message, { socket, head }) => {
    const at = socketPath();
    if (at === undefined) return refuseUpgrade(socket, 503, noAgent().message);
    const agent = connect(at);
    let open = false;
    agent.on('connect', () => {
      open = true;
      agent.write(upgradeRequest(message));
      agent.write(head);
      agent.pipe(socket);
      socket.pipe(agent);
    });
    agent.on('error', () => (open ? socket.destroy() : refuseUpgrade(socket, 503, noAgent().message)));
    agent.on('close', () => open && socket.end());
    socket.on('error', () => agent.destroy());
    socket.on('close', () => agent.destroy());
  },
});
