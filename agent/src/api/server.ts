/**
 * The agent's own API, on a Unix socket that only its user opens (0600): logs, exec and a few of Envoy's admin pages, for weftd.
 *
 * GET /pods/:namespace/:name/logs?container=&follow=true&tail=N    text/plain; container `envoy` is the proxy
 * WS  /pods/:namespace/:name/exec?container=&command=&command=&stdin=true
 * GET /pods/:namespace/:name/envoy/<page>
 * GET /pods/:namespace/:name/envoy/logging                          how much its Envoy logs; with POST and ?level= it is set
 * GET /usage    what each pod's proxy and application have used of processors and memory
 * GET /pods/:namespace/:name/metrics                                what its application says itself; 204: it says nothing
 */
import { once } from 'node:events';
import { chmod, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { logLevels } from '@weft/model';
import { type WebSocket, WebSocketServer } from 'ws';
import { probeAddress } from '../addresses.ts';
import { askAdmin } from '../pod/admin.ts';
import { applicationTarget, askApplication } from '../pod/application-metrics.ts';
import type { Page } from '../pod/last-words.ts';
import type { Pod } from '../pod/pod.ts';
import { podUsage } from '../pod/usage.ts';
import type { LogFile } from '../process/log-file.ts';
import { attach, endWith, failureStatus, protocols } from './exec.ts';
import { followLog } from './follow.ts';

export interface AgentApiInput {
  readonly path: string;
  readonly find: (namespace: string, name: string) => Pod | undefined;
  readonly all: () => readonly Pod[];
  /** Of one that is gone. */
  readonly lastPage: (namespace: string, name: string) => Page | undefined;
}

/** Pages that show; none that changes anything or stops Envoy. */
const adminPages: ReadonlySet<string> = new Set([
  ...['config_dump', 'stats', 'stats/prometheus', 'certs', 'clusters', 'listeners', 'ready', 'server_info'],
]);

interface Target {
  readonly pod: Pod;
  readonly action: string;
  readonly query: URLSearchParams;
}

/** When the process began to count that a page of statistics is of; and that no other will follow. */
const startedHeader = 'x-weft-started';
const lastHeader = 'x-weft-last';

class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const targetOf = ({ url = '/' }: IncomingMessage, find: AgentApiInput['find']): Target => {
  const { pathname, searchParams } = new URL(url, 'http://agent');
  const [, namespace = '', name = '', action = ''] = /^\/pods\/([^/]+)\/([^/]+)\/(.+)$/.exec(pathname) ?? [];
  if (action === '') throw new Refusal(404, `there is nothing at ${pathname}`);
  const pod = find(decodeURIComponent(namespace), decodeURIComponent(name));
  if (!pod) throw new Refusal(404, `there is no pod ${namespace}/${name} on this node`);
  return { pod, action, query: searchParams };
};

const containerOf = ({ pod, query }: Target) => {
  const wanted = query.get('container');
  const found = wanted ? pod.containers.find(({ input }) => input.spec.name === wanted) : pod.containers[0];
  const names = pod.containers.map(({ input }) => input.spec.name);
  if (!found)
    throw new Refusal(404, `pod ${pod.input.spec.name} has no container ${wanted ?? ''} (${names.join(', ') || 'it is a proxy alone'})`);
  return found;
};

const logOf = (target: Target): LogFile => {
  const wanted = target.query.get('container');
  const gateway = target.pod.input.spec.proxy === 'gateway';
  if (wanted !== 'envoy' && !(gateway && wanted === null)) return containerOf(target).input.log;
  const log = target.pod.proxy?.log;
  if (!log) throw new Refusal(404, `pod ${target.pod.input.spec.name} has no proxy`);
  return log;
};

const sendLogs = (target: Target, response: ServerResponse): void => {
  const log = logOf(target);
  const tail = target.query.get('tail');
  if (tail !== null && !/^\d+$/.test(tail)) throw new Refusal(400, `tail must be a number of lines, not ${tail}`);
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' });
  response.write(log.read(tail === null ? undefined : Number(tail)));
  if (target.query.get('follow') !== 'true') return void response.end();
  const unfollow = followLog(log, response);
  const closed = log.onClose(() => response.end());
  response.on('close', () => {
    unfollow();
    closed();
  });
};

const sendAdminPage = async ({ pod, action, query }: Target, response: ServerResponse): Promise<void> => {
  const page = action.slice('envoy/'.length);
  if (!adminPages.has(page)) throw new Refusal(404, `${page} is not one of ${[...adminPages].join(', ')}`);
  if (!pod.proxy) throw new Refusal(404, `pod ${pod.input.spec.name} has no proxy`);
  const search = query.toString();
  const answer = await askAdmin(pod.proxy.sockets.admin, 'GET', `/${page}${search && `?${search}`}`).catch((cause: Error) => {
    throw new Refusal(503, `the proxy does not answer: ${cause.message}`);
  });
  response.writeHead(answer.status, { 'content-type': answer.type, [startedHeader]: pod.proxy.started });
  response.end(answer.body);
};

const logLevelNames: ReadonlySet<string> = new Set(logLevels);

/** Envoy takes a question about its loggers for a change, too: only POST (admin.rst, `/logging`). */
const sendLogLevel = async ({ pod, query }: Target, response: ServerResponse): Promise<void> => {
  const level = query.get('level');
  if (level !== null && !logLevelNames.has(level)) throw new Refusal(400, `level must be one of ${logLevels.join(', ')}`);
  if (!pod.proxy) throw new Refusal(404, `pod ${pod.input.spec.name} has no proxy`);
  const answer = await askAdmin(pod.proxy.sockets.admin, 'POST', `/logging${level === null ? '' : `?level=${level}`}`).catch(
    (cause: Error) => {
      throw new Refusal(503, `the proxy does not answer: ${cause.message}`);
    },
  );
  response.writeHead(answer.status, { 'content-type': answer.type });
  response.end(answer.body);
};

const sendApplicationMetrics = async ({ pod }: Target, response: ServerResponse): Promise<void> => {
  const { spec, network } = pod.input;
  const target = spec.proxy === 'sidecar' ? applicationTarget(spec.annotations) : undefined;
  if (target === undefined) return void response.writeHead(204).end();
  if (typeof target === 'string') throw new Refusal(422, target);
  const { type, body } = await askApplication(target, { address: network.address, source: probeAddress }).catch((cause: Error) => {
    throw new Refusal(503, cause.message);
  });
  response.writeHead(200, { 'content-type': type });
  response.end(body);
};

/** @returns whether it is about the statistics of a proxy that is gone */
const sendLastPage = (
  { url = '/' }: IncomingMessage,
  response: ServerResponse,
  { find, lastPage }: Omit<AgentApiInput, 'path'>,
): boolean => {
  const [, namespace = '', name = ''] = /^\/pods\/([^/]+)\/([^/]+)\/envoy\/stats\/prometheus$/.exec(url) ?? [];
  const names = [decodeURIComponent(namespace), decodeURIComponent(name)] as const;
  const page = find(...names) ? undefined : lastPage(...names);
  if (!page) return false;
  response.writeHead(200, { 'content-type': page.type, [startedHeader]: page.started, [lastHeader]: 'true' });
  response.end(page.body);
  return true;
};

const sendUsage = async (response: ServerResponse, { all }: Pick<AgentApiInput, 'all'>): Promise<void> => {
  const items = await podUsage(all());
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ items }));
};

const respond = async (request: IncomingMessage, response: ServerResponse, input: Omit<AgentApiInput, 'path'>): Promise<void> => {
  try {
    const isLogLevel = /\/envoy\/logging(?:\?|$)/.test(request.url ?? '');
    if (request.method !== 'GET' && !(isLogLevel && request.method === 'POST')) throw new Refusal(405, 'only GET');
    if (request.url === '/usage') return await sendUsage(response, input);
    if (sendLastPage(request, response, input)) return;
    const target = targetOf(request, input.find);
    if (target.action === 'logs') sendLogs(target, response);
    else if (target.action === 'metrics') await sendApplicationMetrics(target, response);
    else if (isLogLevel) await sendLogLevel(target, response);
    else if (target.action.startsWith('envoy/')) await sendAdminPage(target, response);
    else throw new Refusal(404, `there is no ${target.action}`);
  } catch (error) {
    const status = error instanceof Refusal ? error.status : 500;
    if (response.headersSent) return void response.destroy();
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error: (error as Error).message }));
  }
};

const runCommand = async (target: Target, socket: WebSocket): Promise<void> => {
  // Input may come before the command runs.
  socket.pause();
  const container = containerOf(target);
  const command = target.query.getAll('command');
  const child = await container.enter(command, { stdin: target.query.get('stdin') === 'true' ? 'pipe' : 'ignore' });
  if (child) attach(socket, child);
  else endWith(socket, failureStatus(`container ${container.input.spec.name} does not run: ${container.message}`));
  socket.resume();
};

const upgrade = (
  request: IncomingMessage,
  duplex: Duplex,
  { sockets, find, head }: { readonly sockets: WebSocketServer; readonly find: AgentApiInput['find']; readonly head: Buffer },
): void => {
  const refuse = (status: number, message: string): void => {
    const body = JSON.stringify({ error: message });
    const reason = status === 404 ? 'Not Found' : 'Bad Request';
    duplex.end(
      `HTTP/1.1 ${status} ${reason}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
    );
  };
  duplex.on('error', () => {});
  try {
    const target = targetOf(request, find);
    if (target.action !== 'exec') throw new Refusal(404, `there is no ${target.action}`);
    if (target.query.getAll('command').length === 0) throw new Refusal(400, 'a command is needed');
    containerOf(target);
    sockets.handleUpgrade(request, duplex, head, (socket) => {
      runCommand(target, socket).catch((error: Error) => endWith(socket, failureStatus(error.message)));
    });
  } catch (error) {
    refuse(error instanceof Refusal ? error.status : 400, (error as Error).message);
  }
};

export const serveAgentApi = async ({ path, ...input }: AgentApiInput): Promise<Server> => {
  await rm(path, { force: true });
  const server = createServer((request, response) => void respond(request, response, input));
  const sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => protocols.find((protocol) => offered.has(protocol)) ?? false,
  });
  server.on('upgrade', (request, duplex, head) => upgrade(request, duplex, { sockets, find: input.find, head }));
  server.listen(path);
  await once(server, 'listening');
  await chmod(path, 0o600);
  return server;
};
