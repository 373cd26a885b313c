/** Running a command in a pod: the one thing that takes a WebSocket. It is written down before it runs. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { briefly } from '../store/audit.ts';
import { refuseUpgrade } from './agent.ts';
import type { Judge, Verdict } from './guard.ts';
import type { ApiParts } from './routes.ts';
import type { StandingCalls } from './standing-calls.ts';

interface Connection {
  readonly message: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** The pod and the command; undefined: this is not what takes a WebSocket. */
const askedOf = (url: string): string | undefined => {
  const [, namespace, name, query = ''] = /^\/api\/v1\/pods\/([^/?]+)\/([^/?]+)\/exec(?:\?(.*))?$/.exec(url) ?? [];
  if (namespace === undefined || name === undefined) return undefined;
  return `${decodeURIComponent(namespace)}/${decodeURIComponent(name)}: ${new URLSearchParams(query).getAll('command').join(' ')}`;
};

const note = async ({ message, socket }: Connection, verdict: Verdict, parts: ApiParts): Promise<void> => {
  const about = askedOf(message.url ?? '');
  const { caller } = verdict;
  if (!caller || about === undefined || socket.destroyed) return;
  const { user, role, how } = caller;
  const address = message.socket.remoteAddress;
  const result = verdict.ok ? ({ result: 'done' } as const) : ({ result: 'refused', reason: verdict.reason } as const);
  await parts.access.note({
    by: { user, role, how, ...(address && { address }) },
    action: 'exec',
    about: briefly(about),
    ...result,
  });
  parts.live.tell('audit');
};

interface Door {
  readonly judge: Judge;
  readonly standing: StandingCalls;
}

export const upgrade = async (connection: Connection, { judge, standing }: Door, parts: ApiParts): Promise<void> => {
  const { message, socket, head } = connection;
  // Nothing that is upgraded only reads.
  const verdict = judge(message, 'admin');
  await note(connection, verdict, parts);
  if (!verdict.ok) refuseUpgrade(socket, verdict.status, verdict.reason);
  else if (askedOf(message.url ?? '') === undefined) refuseUpgrade(socket, 404, 'only exec takes a WebSocket');
  else {
    if (verdict.caller)
      socket.once(
        'close',
        standing.add(verdict.caller, () => socket.destroy()),
      );
    parts.agent.upgrade(message, { socket, head });
  }
};
