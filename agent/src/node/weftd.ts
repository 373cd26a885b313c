/** The agent's side of weftd's API on its Unix socket. weftd may be away at any time and for long. */
import { request } from 'node:http';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import type { ApiError, NodeRegistration, NodeView, PodReport, TokenRequest, TokenResult, TrustBundles } from '@weft/model';

const callMs = 10_000;
const prefix = '/api/v1';

/** One call; an answer of 4xx or 5xx is an error with weftd's own text. */
const call = (socketPath: string, target: { readonly method: string; readonly path: string }, body?: unknown): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const headers = { host: 'localhost', ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
    const options = { socketPath, method: target.method, path: prefix + target.path, headers, timeout: callMs };
    const outgoing = request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const failed = (response.statusCode ?? 500) >= 400;
        try {
          const value: unknown = text === '' ? {} : JSON.parse(text);
          if (failed) reject(new Error((value as ApiError).error || `weftd answered ${response.statusCode}`));
          else resolve(value);
        } catch (cause) {
          reject(new Error(`weftd's answer to ${target.path} cannot be read`, { cause }));
        }
      });
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('weftd does not answer')));
    outgoing.on('error', reject);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });

export interface Weftd {
  register(registration: NodeRegistration): Promise<void>;
  report(boot: string, pods: readonly PodReport[]): Promise<void>;
  token(request: TokenRequest): Promise<TokenResult>;
  trustBundle(): Promise<TrustBundles>;
}

export const weftdAt = (socketPath: string): Weftd => ({
  register: async (registration) => void (await call(socketPath, { method: 'POST', path: '/node' }, registration)),
  report: async (boot, pods) => void (await call(socketPath, { method: 'POST', path: '/node/pods' }, { boot, pods })),
  token: async (body) => (await call(socketPath, { method: 'POST', path: '/tokens' }, body)) as TokenResult,
  trustBundle: async () => (await call(socketPath, { method: 'GET', path: '/trust-bundle' })) as TrustBundles,
});

export interface WatchInput {
  readonly socketPath: string;
  readonly onView: (view: NodeView) => void;
  /** After each connection, before its first view; an error counts as a connection that failed. */
  readonly onConnect?: () => Promise<void>;
  readonly onTrouble: (message: string) => void;
}

const firstDelay = 100;
/** A socket of this machine: to ask costs nothing, and whatever waits for the control plane's start waits as long again. */
const longestDelay = 400;

/** One connection to its end; throws when there was none. */
const watchOnce = (input: WatchInput, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const outgoing = request(
      { socketPath: input.socketPath, path: `${prefix}/node/watch`, headers: { host: 'localhost' }, signal },
      (response) => {
        if (response.statusCode !== 200) {
          response.resume();
          return reject(new Error(`weftd refuses the watch with ${response.statusCode}`));
        }
        const lines = createInterface({ input: response, crlfDelay: Number.POSITIVE_INFINITY });
        lines.on('line', (line) => {
          if (line.trim() === '') return;
          try {
            input.onView(JSON.parse(line) as NodeView);
          } catch (error) {
            input.onTrouble(`a view from weftd was not taken: ${(error as Error).message}`);
          }
        });
        lines.on('error', () => {}); // It broke off; that it ended is what counts.
        response.on('close', resolve);
      },
    );
    outgoing.on('error', reject);
    outgoing.end();
  });

/** Watches for ever; `signal` ends it. What was told last stays in force while weftd is away. */
export const watchNode = async (input: WatchInput, signal: AbortSignal): Promise<void> => {
  let delay = firstDelay;
  while (!signal.aborted) {
    try {
      await input.onConnect?.();
      const views: WatchInput = {
        ...input,
        onView: (view) => {
          delay = firstDelay;
          input.onView(view);
        },
      };
      await watchOnce(views, signal);
    } catch (error) {
      if (!signal.aborted) input.onTrouble(`weftd cannot be reached: ${(error as Error).message}`);
    }
    await setTimeout(delay, undefined, { signal }).catch(() => {});
    delay = Math.min(longestDelay, delay * 2);
  }
};
