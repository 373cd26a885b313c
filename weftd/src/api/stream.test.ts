import { get, type IncomingMessage, type RequestOptions } from 'node:http';
import type { LiveEvent } from '@weft/model';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { askAt, createHarness, type Harness } from '../app.fixture.ts';

let weftd: Harness;
let port: number;

const namespace = 'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n';
const service = 'apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\nspec: {ports: [{port: 80}]}\n';

beforeAll(async () => {
  weftd = createHarness();
  weftd.write('shop.yaml', namespace);
  const { addresses } = await weftd.start();
  port = Number(new URL(addresses.api).port);
});

afterAll(() => weftd.remove());

interface Stream {
  readonly message: IncomingMessage;
  readonly events: LiveEvent[];
}

const streamAt = async (query: string, where: RequestOptions = { socketPath: weftd.files.apiSocket }): Promise<Stream> => {
  const path = `/api/v1/stream${query}`;
  const message = await new Promise<IncomingMessage>((resolve) => get({ headers: { host: 'localhost' }, ...where, path }, resolve));
  const events: LiveEvent[] = [];
  message.setEncoding('utf8').on('data', (chunk: string) => {
    for (const [, json = ''] of chunk.matchAll(/^data: (.*)$/gm)) events.push(JSON.parse(json) as LiveEvent);
  });
  message.on('error', () => {});
  return { message, events };
};

test('what is applied, written and broken is told to who watches it', async () => {
  const { message, events } = await streamAt('?topics=resources,findings,status');
  expect(message.headers['content-type']).toBe('text/event-stream');
  const { revision } = (await weftd.apply(service)).body;
  await vi.waitFor(() => expect(events).toContainEqual(expect.objectContaining({ topic: 'resources', revision, kinds: ['Service'] })));
  expect(events).toContainEqual(expect.objectContaining({ topic: 'status', revision }));
  const before = events.length;
  // It changes no object, and no revision.
  weftd.write('broken.yaml', 'kind: {');
  await vi.waitFor(() => expect(events.slice(before)).toContainEqual({ topic: 'findings', time: expect.any(Number), revision }), 10_000);
  expect(events.slice(before).filter(({ topic }) => topic === 'resources')).toEqual([]);
  message.destroy();
});

test('a browser’s stream ends with its session', async () => {
  const host = `127.0.0.1:${port}`;
  const { body: link } = await weftd.ask('/login/links', { body: {} });
  const login = await askAt({ port }, '/login', { body: { ticket: new URL(link.url).hash.replace('#ticket=', '') }, headers: { host } });
  const headers = { host, cookie: String(login.headers['set-cookie']).split(';')[0] ?? '' };
  const stream = await streamAt('?topics=resources', { port, headers });
  const tap = await new Promise<IncomingMessage>((resolve) => get({ port, headers, path: '/api/v1/records/follow' }, resolve));
  const ended = Promise.all(
    [stream.message, tap].map(
      (message) =>
        new Promise((resolve) =>
          message
            .resume()
            .on('error', () => {})
            .on('close', resolve),
        ),
    ),
  );
  expect(tap.statusCode).toBe(200);
  await weftd.apply(service.replace('80', '81'));
  await vi.waitFor(() => expect(stream.events).toHaveLength(1));
  await askAt({ port }, '/logout', { method: 'POST', headers: { ...headers, origin: `http://${host}`, 'x-weft-csrf': login.body.csrf } });
  await ended;
});

test('what nobody can be told of is refused in words', async () => {
  const { status, body } = await weftd.ask('/stream?topics=alerts,weather');
  expect([status, body.error]).toEqual([400, expect.stringContaining('weather is no topic')]);
});

test('there is room for so many, and again for others when these have gone', async () => {
  const many = await Promise.all(Array.from({ length: 200 }, () => streamAt('')));
  expect(many.map(({ message }) => message.statusCode)).toEqual(many.map(() => 200));
  const { status: full, body } = await weftd.ask('/stream');
  expect([full, body.error]).toEqual([503, expect.stringContaining('200 read what changes')]);
  for (const { message } of many) message.destroy();
  await vi.waitFor(async () => {
    const again = await streamAt('');
    again.message.destroy();
    expect(again.message.statusCode).toBe(200);
  });
});
