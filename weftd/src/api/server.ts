/** weftd's API (shapes: `model/src/api.ts`): for the administrator on a Unix socket, and with a token on loopback TCP. */
import { chmodSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import cookies from '@fastify/cookie';
import type { ApiError } from '@weft/model';
import { type FastifyError, type FastifyInstance, fastify } from 'fastify';
import type { Caller } from '../access/access.ts';
import type { Log } from '../push/contract.ts';
import { reasonOf } from '../reason.ts';
import { refuseUpgrade } from './agent.ts';
import { alertRoutes } from './alerts.ts';
import { auditRoutes } from './audit.ts';
import { auditAll } from './audited.ts';
import { certificateRoutes } from './certificates.ts';
import { changeRoutes } from './changes.ts';
import { consoleFiles } from './console.ts';
import { letIn } from './door.ts';
import { edgeRoutes } from './edges.ts';
import { upgrade } from './exec.ts';
import { explainRoutes } from './explain.ts';
import { guard, type Judge, type Names, namesOf } from './guard.ts';
import { historyRoutes } from './history.ts';
import { logLevelRoutes } from './log-level.ts';
import { loginRoutes } from './login.ts';
import { metricsRoutes } from './metrics.ts';
import { mtlsRoutes } from './mtls.ts';
import { nodeRoutes } from './node.ts';
import { oidcRoutes } from './oidc.ts';
import { describeAll } from './openapi.ts';
import { previewRoutes } from './preview.ts';
import { proxyRoutes } from './proxies.ts';
import { recordRoutes } from './records.ts';
import { resourceRoutes } from './resources.ts';
import { type ApiParts, Refusal, type Routes } from './routes.ts';
import { schemaRoutes } from './schemas.ts';
import { serviceRoutes } from './services.ts';
import { signalRoutes } from './signals.ts';
import { statusRoutes } from './status.ts';
import { streamRoutes } from './stream.ts';
import { tokenRoutes } from './tokens.ts';
import { traceRoutes } from './traces.ts';
import { trafficRoutes } from './traffic.ts';
import { waitRoutes } from './wait.ts';
import { whyRoutes } from './why.ts';
import { workloadRoutes } from './workloads.ts';

export interface ApiInput {
  readonly parts: Omit<ApiParts, 'apiAddress' | 'names'>;
  /** Who it is that may open the socket. */
  readonly owner: string;
  /** Path of the Unix socket. */
  readonly socket: string;
  readonly tcp: { readonly host: string; readonly port: number };
  readonly log: Log;
}

export interface ApiServer {
  /** Of the TCP server; differs from what was asked for where that was 0. */
  readonly port: number;
  close(): Promise<void>;
}

/** Everyone who was let in may use these, according to role. */
const shared: readonly Routes[] = [
  loginRoutes,
  oidcRoutes,
  statusRoutes,
  resourceRoutes,
  schemaRoutes,
  proxyRoutes,
  logLevelRoutes,
  metricsRoutes,
  signalRoutes,
  serviceRoutes,
  edgeRoutes,
  waitRoutes,
  explainRoutes,
  workloadRoutes,
  recordRoutes,
  traceRoutes,
  whyRoutes,
  mtlsRoutes,
  alertRoutes,
  streamRoutes,
  historyRoutes,
  changeRoutes,
  tokenRoutes,
  auditRoutes,
  previewRoutes,
  trafficRoutes,
  certificateRoutes,
];
/** These decide who is who, so they are the administrator's own. */
const socketOnly: readonly Routes[] = [nodeRoutes];

const prefix = '/api/v1';
const bodyLimit = 1024 * 1024;
/** Until all of a request is here. */
const requestMs = 60_000;

const errorBody = (error: FastifyError | Refusal): ApiError => ({
  error: error.message,
  ...(error instanceof Refusal && error.findings.length > 0 && { findings: error.findings }),
});

const serverFor = (
  judge: Judge,
  routes: readonly Routes[],
  { parts, log }: { readonly parts: ApiParts; readonly log: Log },
): FastifyInstance => {
  const server = fastify({
    bodyLimit,
    forceCloseConnections: true,
    requestTimeout: requestMs,
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false } },
  });
  server.register(cookies);
  describeAll(server, parts);
  const standing = letIn(server, judge, parts);
  auditAll(server, parts);
  server.setNotFoundHandler(({ method, url }) => {
    throw new Refusal(404, `there is no ${method} ${url.split('?', 1)[0]}`);
  });
  server.setErrorHandler<FastifyError | Refusal>((error, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) log.error({ err: error, url: request.url }, 'a request failed');
    return reply.code(status).send(errorBody(error));
  });
  server.register(consoleFiles);
  for (const route of routes) server.register(async (scoped) => route(scoped, parts), { prefix });
  server.server.on('upgrade', (message: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    upgrade({ message, socket, head }, { judge, standing }, parts).catch((error: Error) => refuseUpgrade(socket, 500, error.message));
  });
  return server;
};

const portOf = ({ server }: FastifyInstance): number => (server.address() as AddressInfo).port;

export const serveApi = async ({ parts: given, owner, socket, tcp, log }: ApiInput): Promise<ApiServer> => {
  let { port } = tcp;
  const names = (): Names => {
    const { consoleAddress: address } = given.desired.node();
    return { ...namesOf(tcp.host, port), ...(address !== undefined && { address }) };
  };
  const parts: ApiParts = { ...given, names, apiAddress: () => `http://${namesOf(tcp.host, port).hosts[0]}` };
  const remote = serverFor(guard(parts.access, names), shared, { parts, log });
  const opener: Caller = { user: owner, role: 'admin', how: 'socket' };
  const local = serverFor(() => ({ ok: true, caller: opener }), [...shared, ...socketOnly], { parts, log });
  const close = async (): Promise<void> => {
    await Promise.all([remote.close(), local.close()]);
  };
  try {
    await remote.listen(tcp);
    port = portOf(remote);
    // Left by a process that was killed; two of ours never run in one home (its lock).
    rmSync(socket, { force: true });
    const mask = process.umask(0o177);
    try {
      await local.listen({ path: socket });
    } finally {
      process.umask(mask);
    }
    chmodSync(socket, 0o600);
  } catch (cause) {
    await close();
    throw new Error(`the API cannot listen: ${reasonOf(cause)}`, { cause });
  }
  return { port, close };
};
