/** A JSON server that says who it is, who called it, and what it was told by those it called. */
import { createServer } from 'node:http';
import { hostname } from 'node:os';

/** The caller, as the header that proxies put there says; none where nothing stands in between. */
export const callerIn = (header) => /URI=([^;,]+)(?!.*URI=)/.exec(header ?? '')?.[1] ?? null;

export const self = () => ({ app: process.env.APP, version: process.env.VERSION ?? 'v1', host: process.env.POD_NAME ?? hostname() });

/** What `url` answered: its JSON, or an error that names it. */
export const call = async (url, init) => {
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(5000) });
    const text = await response.text();
    if (!response.ok) return { error: `${url}: ${response.status} ${text.slice(0, 200)}` };
    return JSON.parse(text);
  } catch (error) {
    return { error: `${url}: ${error.cause?.message ?? error.message}` };
  }
};

/** @param {(request: { method: string, path: string, headers: Record<string, string> }) => Promise<object>} answer */
export const serve = (answer, port = Number(process.env.PORT ?? 8080)) => {
  const server = createServer(async (request, response) => {
    const path = new URL(request.url, 'http://here').pathname;
    const body =
      path === '/healthz'
        ? { ok: true }
        : {
            ...self(),
            path,
            caller: callerIn(request.headers['x-forwarded-client-cert']),
            ...(await answer({ method: request.method, path, headers: request.headers })),
          };
    const failed = Object.values(body.calls ?? {}).some((called) => called.error);
    response.writeHead(failed ? 502 : 200, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
  });
  // Proxies keep idle connections: the client decides when they end.
  server.keepAliveTimeout = 0;
  server.listen(port, () => console.log(`${process.env.APP} listens on ${port}`));
  process.on('SIGTERM', () => {
    server.close(() => process.exit(0));
    server.closeIdleConnections();
    setTimeout(() => process.exit(0), 3000).unref();
  });
};
