/** Servers that know their names and count what reached them. */
import { createServer, request, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Backend {
  readonly name: string;
  readonly port: number;
  requests: number;
  /** Set it to change what it answers. */
  status: number;
  /** Milliseconds until it answers. */
  delay: number;
  readonly stop: () => void;
}

export const backend = async (name: string): Promise<Backend> => {
  const server: Server = createServer(async (_, response) => {
    self.requests += 1;
    if (self.delay > 0) await sleep(self.delay);
    response.writeHead(self.status).end(name);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const stop = () => {
    server.close();
    server.closeAllConnections();
  };
  const self: Backend = { name, port: address.port, requests: 0, status: 200, delay: 0, stop };
  return self;
};

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface Question {
  readonly port: number;
  readonly host: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** On a connection of its own. */
export const ask = ({ port, host, path = '/', headers = {} }: Question): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, headers: { ...headers, host }, agent: false }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text, headers: response.headers }));
    });
    sent.setTimeout(10_000, () => sent.destroy(new Error('no answer within ten seconds')));
    sent.on('error', reject);
    sent.end();
  });
