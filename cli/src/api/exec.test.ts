import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { type ExecRequest, exec } from './exec.ts';

let folder: string;
let server: Server;
let answer: (peer: WebSocket, url: URL) => void;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weft-exec-'));
  server = createServer((_, response) => response.writeHead(404).end('{"error":"there is no pod shop/nope"}'));
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => 'v5.channel.k8s.io' });
  server.on('upgrade', (request, socket, head) => {
    const url = new URL(request.url ?? '', 'http://here');
    if (url.pathname.includes('/nope/')) {
      const body = '{"error":"there is no pod shop/nope"}';
      socket.end(`HTTP/1.1 404 Not Found\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    } else if (url.searchParams.get('command') === 'too long') {
      socket.end('HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 1000\r\n\r\n');
    } else sockets.handleUpgrade(request, socket, head, (peer) => answer(peer, url));
  });
  server.listen(join(folder, 'api.sock'));
  await once(server, 'listening');
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

const run = async (request: Partial<ExecRequest> = {}) => {
  const seen = { out: '', err: '' };
  const code = await exec({
    socket: join(folder, 'api.sock'),
    namespace: 'shop',
    pod: 'web-1',
    command: ['sh', '-c', 'exit 3'],
    onOutput: (bytes, to) => {
      seen[to] += Buffer.from(bytes).toString();
    },
    ...request,
  });
  return { code, ...seen };
};

const frame = (channel: number, text: string) => Buffer.concat([Buffer.of(channel), Buffer.from(text)]);

describe('exec', () => {
  it('says in one line why a command was refused unread', async () => {
    await expect(run({ command: ['too long'] })).rejects.toThrow('the command is too long');
  });

  it('keeps the streams apart and passes the exit code on', async () => {
    answer = (peer, url) => {
      expect(url.searchParams.getAll('command')).toEqual(['sh', '-c', 'exit 3']);
      expect(url.searchParams.has('stdin')).toBe(false);
      peer.send(frame(1, 'to out'));
      peer.send(frame(2, 'to err'));
      const causes = [{ reason: 'ExitCode', message: '3' }];
      peer.send(frame(3, JSON.stringify({ status: 'Failure', reason: 'NonZeroExitCode', details: { causes } })));
      peer.close();
    };
    expect(await run()).toEqual({ code: 3, out: 'to out', err: 'to err' });
  });

  it('passes standard input on, and its end', async () => {
    answer = (peer) => {
      const read: Buffer[] = [];
      peer.on('message', (message: Buffer) => {
        if (message[0] === 0) read.push(message.subarray(1));
        if (message[0] !== 255 || message[1] !== 0) return;
        peer.send(frame(1, Buffer.concat(read).toString().toUpperCase()));
        peer.send(frame(3, '{"status":"Success"}'));
        peer.close();
      });
    };
    expect(await run({ stdin: Readable.from([Buffer.from('hello '), Buffer.from('there')]) })).toEqual({
      code: 0,
      out: 'HELLO THERE',
      err: '',
    });
  });

  it('says in weftd’s words why a command could not run', async () => {
    answer = (peer) => {
      peer.send(frame(3, '{"status":"Failure","message":"nosuch: not found"}'));
      peer.close();
    };
    await expect(run()).rejects.toThrow('nosuch: not found');
    await expect(run({ pod: 'nope' })).rejects.toThrow('there is no pod shop/nope');
  });

  it('does not take a broken connection for success', async () => {
    answer = (peer) => peer.terminate();
    await expect(run()).rejects.toThrow('the connection ended before the command did');
  });
});
