/** A whole weftd in this process, in a directory of its own, and ways to talk to it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingHttpHeaders, type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { filesOf, type NodeView } from '@weft/model';
import { type App, type AppConfig, startApp } from './app.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly body: any;
}

export interface Asked {
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: OutgoingHttpHeaders;
}

export interface Harness {
  readonly folder: string;
  readonly files: ReturnType<typeof filesOf>;
  readonly logged: string[];
  start(config?: Partial<AppConfig>): Promise<App>;
  stop(): Promise<void>;
  write(name: string, text: string): void;
  /** Over the Unix socket. */
  ask(path: string, asked?: Asked): Promise<Answer>;
  apply(text: string): Promise<Answer>;
  /** The next view that the agent would be told. */
  view(): Promise<NodeView>;
  remove(): Promise<void>;
}

const open = (where: { readonly socketPath: string } | { readonly port: number }, path: string, asked: Asked): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const content = asked.body === undefined ? {} : { 'content-type': 'application/json' };
    const headers = { host: 'localhost', ...content, ...asked.headers };
    const sent = request(
      { ...where, path: `/api/v1${path}`, method: asked.method ?? (asked.body === undefined ? 'GET' : 'POST'), headers },
      resolve,
    );
    sent.on('error', reject);
    sent.end(asked.body === undefined ? undefined : JSON.stringify(asked.body));
  });

export const askAt = async (
  where: { readonly socketPath: string } | { readonly port: number },
  path: string,
  asked: Asked = {},
): Promise<Answer> => {
  const message = await open(where, path, asked);
  const said = await text(message);
  return { status: message.statusCode ?? 0, headers: message.headers, body: said.startsWith('{') ? JSON.parse(said) : said };
};

export const createHarness = (): Harness => {
  const root = mkdtempSync(join(tmpdir(), 'weftd-'));
  const folder = join(root, 'mesh');
  mkdirSync(folder);
  const place = { home: join(root, 'home'), run: join(root, 'run') };
  const files = filesOf(place);
  const logged: string[] = [];
  const keep = (fields: object, message: string): void => void logged.push(`${message} ${JSON.stringify(fields)}`);
  const tcp = { host: '127.0.0.1', port: 0 };
  let app: App | undefined;
  const ask: Harness['ask'] = (path, asked = {}) => askAt({ socketPath: files.apiSocket }, path, asked);
  const stop = async (): Promise<void> => {
    await app?.stop();
    app = undefined;
  };
  return {
    folder,
    files,
    logged,
    start: async (config) => {
      const log = { info: keep, warn: keep, error: keep };
      const base = { folder, place, xds: tcp, api: tcp, gatewayPort: 18080, clusterId: 'local', version: 'test' };
      app = await startApp({ ...base, log, onDeath: (error) => keep({ err: error }, 'died'), ...config });
      return app;
    },
    stop,
    write: (name, content) => writeFileSync(join(folder, name), content),
    ask,
    apply: (content) => ask('/apply', { body: { text: content, file: 'stdin', directory: '/work' } }),
    view: async () => {
      const message = await open({ socketPath: files.apiSocket }, '/node/watch', {});
      for await (const chunk of message) {
        const line = String(chunk).trim();
        if (line === '') continue;
        message.destroy();
        return JSON.parse(line) as NodeView;
      }
      throw new Error('the watch ended');
    },
    remove: async () => {
      await stop();
      rmSync(root, { recursive: true, force: true });
    },
  };
};
