import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { LiveEvent } from '@weft/model';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Live, makeLive, type Told } from './live.ts';
import { readLive } from './reader.ts';

let live: Live;
let heard: Told[];

beforeEach(() => {
  live = makeLive({ boot: 'b1', now: () => 7 });
  heard = [];
  live.watch((told) => heard.push(told));
});

afterEach(() => {
  live.stop();
  vi.useRealTimers();
});

test('the first is told at once, and those that follow soon, once for all', () => {
  vi.useFakeTimers();
  live.tell('resources', { revision: 1, kinds: ['Service'] });
  live.tell('resources', { revision: 2, kinds: ['Gateway'] });
  live.tell('resources', { revision: 3, kinds: ['Gateway', 'Sidecar'] });
  live.tell('alerts');
  expect(heard.map(({ event }) => event)).toEqual([
    { topic: 'resources', time: 7, revision: 1, kinds: ['Service'] },
    { topic: 'alerts', time: 7 },
  ]);
  vi.advanceTimersByTime(250);
  expect(heard.slice(2)).toEqual([{ number: 3, event: { topic: 'resources', time: 7, revision: 3, kinds: ['Gateway', 'Sidecar'] } }]);
  vi.advanceTimersByTime(10_000);
  expect(heard).toHaveLength(3);
});

test('who comes back hears what was told meanwhile, while it is known', () => {
  vi.useFakeTimers();
  for (let index = 0; index < 600; index += 1) {
    live.tell('signals', { time: index });
    vi.advanceTimersByTime(250);
  }
  expect(live.since(600)).toEqual([]);
  expect(live.since(598)?.map(({ event }) => event.time)).toEqual([598, 599]);
  expect(live.since(88)).toHaveLength(512);
  expect(live.since(87)).toBeUndefined();
  expect(live.since(601)).toBeUndefined();
});

interface Connection {
  readonly message: IncomingMessage;
  text: string;
}

const open: Connection[] = [];
let server: Server | undefined;

const read = async (asked: { readonly topics?: string; readonly lastId?: string } = {}): Promise<Connection> => {
  server ??= createServer((request, response) => {
    const { topics, 'last-event-id': lastId } = request.headers;
    response.writeHead(200);
    readLive(live, response, {
      ...(topics && { topics: new Set(String(topics).split(',')) }),
      ...(lastId !== undefined && { lastId: String(lastId) }),
    });
  }).listen(0, '127.0.0.1');
  await vi.waitFor(() => expect(server?.address()).not.toBeNull());
  const { port } = server.address() as AddressInfo;
  const headers = { ...(asked.topics && { topics: asked.topics }), ...(asked.lastId && { 'last-event-id': asked.lastId }) };
  const message = await new Promise<IncomingMessage>((resolve) => get({ port, host: '127.0.0.1', headers }, resolve));
  const connection = { message, text: '' };
  message.setEncoding('utf8').on('data', (chunk: string) => {
    connection.text += chunk;
  });
  open.push(connection);
  return connection;
};

afterEach(() => {
  for (const { message } of open.splice(0)) message.destroy();
  server?.close();
  server = undefined;
});

const eventsIn = ({ text }: Connection): readonly LiveEvent[] =>
  [...text.matchAll(/^data: (.*)$/gm)].map(([, json = '']) => JSON.parse(json) as LiveEvent);

test('a reader is told of its topics, with an id to come back with', async () => {
  const connection = await read({ topics: 'alerts,status' });
  await vi.waitFor(() => expect(connection.text).toContain('id: b1-0\n\n'));
  expect(connection.text).toContain('retry: 2000\n');
  live.tell('workloads');
  live.tell('alerts');
  await vi.waitFor(() => expect(connection.text).toContain('id: b1-2\nevent: alerts\ndata: {"topic":"alerts","time":7}\n\n'));
  expect(connection.text).not.toContain('workloads');
});

test('after a gap it hears what it missed, or that it has to read everything', async () => {
  live.tell('alerts');
  live.tell('workloads');
  live.tell('findings', { revision: 4 });
  const back = await read({ lastId: 'b1-1' });
  await vi.waitFor(() => expect(eventsIn(back).map(({ topic }) => topic)).toEqual(['workloads', 'findings']));
  // Not the first of both: were the connection to break after it, the second would never come.
  expect(back.text.match(/id: .*/g)).toEqual(['id: b1-3']);
  for (const lastId of ['b0-1', 'b1-9', 'b1-x', 'nonsense']) {
    const lost = await read({ lastId });
    await vi.waitFor(() =>
      expect(
        eventsIn(lost).map(({ topic }) => topic),
        lastId,
      ).toEqual(['resync']),
    );
  }
});

test('what a slow reader has not taken waits as one event of each topic', async () => {
  const written: string[] = [];
  let drained = (): void => {};
  const slow = {
    writableNeedDrain: false,
    destroyed: false,
    write: (text: string) => written.push(text),
    on: (name: string, listener: () => void) => {
      if (name === 'drain') drained = listener;
    },
    once: () => {},
  };
  readLive(live, slow as never, {});
  slow.writableNeedDrain = true;
  const before = written.length;
  vi.useFakeTimers();
  for (let revision = 1; revision <= 1000; revision += 1) {
    live.tell('resources', { revision, kinds: [revision % 2 === 0 ? 'Service' : 'Gateway'] });
    live.tell('signals', { time: revision });
    vi.advanceTimersByTime(250);
  }
  expect(written).toHaveLength(before);
  slow.writableNeedDrain = false;
  drained();
  const events = eventsIn({ text: written.slice(before).join('') } as Connection);
  expect(events).toEqual([
    { topic: 'resources', time: 7, revision: 1000, kinds: ['Gateway', 'Service'] },
    { topic: 'signals', time: 1000 },
  ]);
});
