import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { applicationTarget, askApplication } from './application-metrics.ts';

let server: Server;
let port: number;

beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url === '/metrics') response.end('mine 1\n');
    else if (request.url === '/endless') {
      const more = () => response.write(Buffer.alloc(1024 * 1024)) && setImmediate(more);
      response.on('drain', more);
      more();
    } else if (request.url === '/silent') return;
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});

afterAll(() => server.closeAllConnections());

const at = (path: string) => askApplication({ port, path }, { address: '127.0.0.1' });

test('an application is asked where its pod says', async () => {
  expect((await at('/metrics')).body.toString()).toBe('mine 1\n');
  await expect(at('/other')).rejects.toThrow('answers with 404');
});

test('who never ends, or never begins, is not waited for', async () => {
  const begun = Date.now();
  await Promise.all([
    expect(at('/endless')).rejects.toThrow('larger than'),
    expect(at('/silent')).rejects.toThrow('does not answer within'),
  ]);
  expect(Date.now() - begun).toBeLessThan(5_000);
});

test.each([
  [{}, undefined],
  [{ 'prometheus.io/scrape': 'false', 'prometheus.io/port': '1' }, undefined],
  [{ 'prometheus.io/scrape': 'true' }, { port: 80, path: '/metrics' }],
  [
    { 'prometheus.io/scrape': 'true', 'prometheus.io/port': '9090', 'prometheus.io/path': 'stats' },
    { port: 9090, path: '/stats' },
  ],
  [{ 'prometheus.io/scrape': 'true', 'prometheus.io/port': 'web' }, 'prometheus.io/port: `web` is no port'],
])('%j', (annotations, target) => {
  expect(applicationTarget(annotations)).toEqual(target);
});
