/** The agent's part of the API, on the Unix socket only: who it is, what it shall run, what runs. */
import type { NodeRegistration, NodeView, PodReport, TokenRequest } from '@weft/model';
import { Type } from 'typebox';
import { Refusal, type Routes } from './routes.ts';

const registration = Type.Object(
  { boot: Type.String({ minLength: 1 }), socket: Type.String({ minLength: 1 }) },
  { additionalProperties: false },
);

const podReport = Type.Object({
  name: Type.String(),
  namespace: Type.String(),
  uid: Type.String({ minLength: 1 }),
  address: Type.String(),
  ipv6: Type.Optional(Type.String()),
  phase: Type.Enum(['Pending', 'Running', 'Failed', 'Terminating']),
  ready: Type.Boolean(),
  proxy: Type.Enum(['sidecar', 'gateway', 'none']),
  message: Type.String(),
  restarts: Type.Number(),
  startedAt: Type.Number(),
});

const report = Type.Object({ boot: Type.String(), pods: Type.Array(podReport) });

const tokenRequest = Type.Object(
  {
    namespace: Type.String(),
    serviceAccount: Type.String(),
    pod: Type.Optional(Type.Object({ name: Type.String(), uid: Type.String() }, { additionalProperties: false })),
    audience: Type.Optional(Type.String({ minLength: 1 })),
    ttlSeconds: Type.Optional(Type.Number()),
  },
  { additionalProperties: false },
);

/** An empty line now and then, so that a watcher behind a dead connection finds out. */
const heartbeatMs = 10_000;
const reportLimit = 8 * 1024 * 1024;

export const nodeRoutes: Routes = (server, { desired, ca }) => {
  server.post<{ Body: NodeRegistration }>('/node', { config: { role: 'admin' }, schema: { body: registration } }, async ({ body }) => {
    await desired.call('register', body);
    return {};
  });

  server.post<{ Body: { boot: string; pods: PodReport[] } }>(
    '/node/pods',
    { config: { role: 'admin' }, schema: { body: report }, bodyLimit: reportLimit },
    async ({ body }) => {
      const known = await desired.call('report', body);
      if (!known) throw new Refusal(409, 'this start of the agent is not registered; register first');
      return {};
    },
  );

  server.get('/node/watch', { config: { role: 'admin' } }, (_request, reply) => {
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
    let last: NodeView | undefined;
    let text = '';
    const send = (view: NodeView): void => {
      if (view === last) return;
      last = view;
      const next = `${JSON.stringify(view)}\n`;
      if (next !== text) raw.write(next);
      text = next;
    };
    send(desired.node().view);
    const detach = desired.onNode(({ view }) => send(view));
    const heartbeat = setInterval(() => raw.write('\n'), heartbeatMs);
    raw.on('close', () => {
      detach();
      clearInterval(heartbeat);
    });
  });

  server.post<{ Body: TokenRequest }>('/tokens', { config: { role: 'admin' }, schema: { body: tokenRequest } }, async ({ body }) => {
    const minted = await ca.mint(body);
    if (!minted.ok) throw new Refusal(422, minted.reason);
    return minted.token;
  });

  server.get('/trust-bundle', { config: { role: 'admin' } }, () => ca.bundles());
};
