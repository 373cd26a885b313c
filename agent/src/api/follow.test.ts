import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { PassThrough } from 'node:stream';
import { afterAll, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { start } from '../process/child.ts';
import { LogFile } from '../process/log-file.ts';
import { attach } from './exec.ts';
import { followLog } from './follow.ts';

const directory = mkdtempSync(`${tmpdir()}/weft-follow-`);
afterAll(() => rmSync(directory, { recursive: true }));

const megabyte = 1024 * 1024;

test('a reader who stands still loses lines instead of filling the memory, and is told so when it goes on', () => {
  const log = new LogFile(`${directory}/flood.log`);
  const reader = new PassThrough();
  const unfollow = followLog(log, reader);
  for (let i = 0; i < 64; i++) log.write(Buffer.alloc(megabyte, 'x'));
  expect(reader.writableLength + reader.readableLength).toBeLessThan(8 * megabyte);
  reader.resume();
  reader.pause();
  while (reader.read() !== null);
  log.write(Buffer.from('on again\n'));
  expect(String(reader.read())).toMatch(/weft: \d{8} bytes are left out here.*\n(?:on again\n)?$/);
  unfollow();
  log.close();
});

test('a command that does not read its input stops whoever sends it, and ends with it', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  const child = start(['sleep', '30'], { stdin: 'pipe', detached: true });
  server.on('connection', (socket) => attach(socket, child));
  await once(server, 'listening');
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await once(client, 'open');
  for (let i = 0; i < 64; i++) client.send(Buffer.alloc(megabyte));
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(child.process.stdin?.writableLength).toBeLessThan(4 * megabyte);
  // Its end is noticed although nothing is read from it.
  client.terminate();
  expect((await child.exited).signal).toBe('SIGKILL');
  server.close();
});
