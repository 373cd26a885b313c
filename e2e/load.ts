/** A small load generator that shares no code with the product: every request is numbered and its outcome kept. */
import { Agent, request } from 'node:http';

export interface Outcome {
  readonly sequence: number;
  readonly startedAt: number;
  /** 0 when no response came. */
  readonly status: number;
  readonly body: string;
  readonly error: string;
}

export interface Load {
  /** Waits for what is under way and gives every outcome in order. */
  stop(): Promise<readonly Outcome[]>;
}

export interface LoadOptions {
  readonly url: string;
  readonly perSecond: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One GET on a kept connection; never throws. */
const get = (sequence: number, { url, headers }: LoadOptions, agent: Agent): Promise<Outcome> =>
  new Promise((resolve) => {
    const startedAt = Date.now();
    const done = (status: number, body: string, error: string): void => resolve({ sequence, startedAt, status, body, error });
    const outgoing = request(url, { agent, headers: { ...headers, 'x-sequence': `${sequence}` }, timeout: 15_000 }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => done(incoming.statusCode ?? 0, Buffer.concat(chunks).toString(), ''));
      incoming.on('error', (error) => done(0, '', error.message));
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer within 15 s')));
    outgoing.on('error', (error) => done(0, '', error.message));
    outgoing.end();
  });

/** Open loop: requests start on schedule whether or not earlier ones were answered. */
export const startLoad = (options: LoadOptions): Load => {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const outcomes: Promise<Outcome>[] = [];
  const began = Date.now();
  const timer = setInterval(() => {
    const due = Math.floor(((Date.now() - began) / 1000) * options.perSecond);
    while (outcomes.length < due) outcomes.push(get(outcomes.length, options, agent));
  }, 5);
  return {
    async stop() {
      clearInterval(timer);
      const all = await Promise.all(outcomes);
      agent.destroy();
      return all;
    },
  };
};

export const failed = (outcomes: readonly Outcome[]): readonly Outcome[] =>
  outcomes.filter((outcome) => outcome.status < 200 || outcome.status > 299);
