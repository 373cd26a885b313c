/** weftd as the agent sees it on the Unix socket, for tests of the runtime alone: a test says what the node view is. */
import { once } from 'node:events';
import { chownSync, rmSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { NodeRegistration, NodeView, PodReport } from '@weft/model';

export interface FakeWeftd {
  show(view: NodeView): void;
  readonly reports: readonly PodReport[];
  readonly registration: NodeRegistration | undefined;
  report(name: string): PodReport | undefined;
  /** Ends as if killed; `back` starts it again, knowing nothing of what it was told. */
  away(): Promise<void>;
  back(): Promise<void>;
}

export const fakeWeftd = async (socketPath: string, first: NodeView, owner: number): Promise<FakeWeftd> => {
  let view = first;
  let reports: readonly PodReport[] = [];
  let registration: NodeRegistration | undefined;
  const watchers = new Set<ServerResponse>();
  const server = createServer(async (request, response) => {
    if (request.url === '/api/v1/node/watch') {
      watchers.add(response);
      response.on('close', () => watchers.delete(response));
      response.writeHead(200).write(`${JSON.stringify(view)}\n`);
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    if (request.url === '/api/v1/node') registration = JSON.parse(text);
    else if (request.url === '/api/v1/node/pods') reports = JSON.parse(text).pods;
    else return void response.writeHead(503).end('{"error":"not in this test"}');
    response.end('{}');
  });
  const back = async (): Promise<void> => {
    reports = [];
    registration = undefined;
    rmSync(socketPath, { force: true });
    server.listen(socketPath);
    await once(server, 'listening');
    chownSync(socketPath, owner, owner);
  };
  await back();
  return {
    back,
    show: (next) => {
      view = next;
      for (const watcher of watchers) watcher.write(`${JSON.stringify(view)}\n`);
    },
    get reports() {
      return reports;
    },
    get registration() {
      return registration;
    },
    report: (name) => reports.find((report) => report.name === name),
    away: async () => {
      if (!server.listening) return;
      for (const watcher of watchers) watcher.destroy();
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
};
