/** Envoy's admin interface on its Unix socket. */
import { request } from 'node:http';

export interface AdminAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: Buffer;
}

const timeoutMs = 10_000;

export const askAdmin = (socketPath: string, method: 'GET' | 'POST', path: string): Promise<AdminAnswer> =>
  new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, method, path, agent: false, headers: { host: 'envoy' }, timeout: timeoutMs }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 502,
          type: response.headers['content-type'] ?? 'text/plain',
          body: Buffer.concat(chunks),
        }),
      );
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('Envoy does not answer')));
    outgoing.on('error', reject);
    outgoing.end();
  });
