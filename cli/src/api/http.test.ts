import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createHttp } from './http.ts';

let folder: string;
let server: Server;

const listen = async (answer: string): Promise<string> => {
  const path = join(folder, 'api.sock');
  server = createServer((socket) => socket.on('error', () => {}).write(answer)).listen(path);
  await once(server, 'listening');
  return path;
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weft-http-'));
});
afterEach(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

it.each([
  ['accepts and never answers', ''],
  ['stops in the middle of its answer', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{'],
])('gives a weftd up that %s', async (_, answer) => {
  const { send } = createHttp(await listen(answer));
  await expect(send({ method: 'GET', path: '/status', limitMs: 100 })).rejects.toThrow('weftd did not answer within 0.1 s');
});

it('says in one line that a connection broke', async () => {
  const { send } = createHttp(await listen('no HTTP at all\r\n\r\n'));
  await expect(send({ method: 'GET', path: '/status' })).rejects.toThrow('the connection to weftd broke');
});
