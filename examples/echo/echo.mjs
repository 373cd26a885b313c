/**
 * A server that says who it is and what it was asked, and misbehaves on request:
 *   /status/404        answers with that status
 *   /delay/300         answers after that many milliseconds
 *   /chance/50/503     fifty in a hundred answers have that status, by chance
 *   /green/300/503     does both where VERSION is green, and nothing elsewhere; so for every other version
 *   /counts            how often each path was asked for; DELETE forgets
 * FAIL=100 makes that many in a hundred of all answers a 503.
 */
import { createServer } from 'node:http';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

const { PORT = '8080', VERSION = 'v1', POD_NAME = hostname(), FAIL = '0' } = process.env;
const counts = new Map();

const happens = (percent) => Math.random() * 100 < Number(percent);

/** What the path asks for: a pause and a status. */
const askedFor = (path) => {
  const [, kind, first, second] = path.split('/');
  if (kind === 'status') return [0, Number(first)];
  if (kind === 'delay') return [Number(first), 200];
  if (kind === 'chance') return [0, happens(first) ? Number(second) : 200];
  return kind === VERSION && second ? [Number(first), Number(second)] : [0, 200];
};

/** The caller, as the header that proxies put there says; none where nothing stands in between. */
const callerIn = (header) => /URI=([^;,]+)(?!.*URI=)/.exec(header ?? '')?.[1] ?? null;

const countsOf = (request) => {
  if (request.method === 'DELETE') counts.clear();
  return Object.fromEntries(counts);
};

const answerOf = async (request, path) => {
  if (path === '/healthz') return [200, { ok: true }];
  if (path === '/counts') return [200, countsOf(request)];
  counts.set(path, (counts.get(path) ?? 0) + 1);
  const [pause, status] = askedFor(path);
  await sleep(pause);
  const { host, 'x-forwarded-client-cert': certificate, ...headers } = request.headers;
  return [
    happens(FAIL) ? 503 : status,
    { version: VERSION, pod: POD_NAME, method: request.method, host, path, caller: callerIn(certificate), headers },
  ];
};

const server = createServer(async (request, response) => {
  const [status, body] = await answerOf(request, new URL(request.url, 'http://here').pathname);
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
});
// Proxies keep idle connections: the client decides when they end.
server.keepAliveTimeout = 0;
server.listen(Number(PORT), () => console.log(`${VERSION} listens on ${PORT}`));
process.on('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
  setTimeout(() => process.exit(0), 3000).unref();
});
