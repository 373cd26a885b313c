/**
 * As many requests as connections can carry, each waiting for the answer before: a process of its own, told how long by its parent. Over
 * HTTP/1.1 it writes bytes and counts bytes, since a client library would compute more than the proxies that are measured.
 */
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import type { Measured, Target } from './loader.ts';

interface Request {
  readonly method: string;
  readonly path: string;
}

/** Allowed by the policies, by different rules of them. None has a body: an application that answers before it has come closes the connection. */
const requests: readonly Request[] = [
  { method: 'GET', path: '/api/items?page=2&size=50' },
  { method: 'GET', path: '/static/app.js' },
  { method: 'POST', path: '/api/orders/4711' },
  { method: 'GET', path: '/api/users/42/orders' },
];

const headers = {
  'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36',
  accept: 'application/json',
  'accept-language': 'en-GB,en;q=0.8',
  cookie: 'session=0123456789abcdef0123456789abcdef; theme=dark',
  'content-type': 'application/json',
};

const host = 'web.shop.svc.cluster.local';
const connections = 16;

/** One place for a request at a time: sends it, and calls back with its status. */
type Lane = (request: Request, answered: (status: number) => void) => void;

const written = ({ method, path }: Request): Buffer => {
  const lines = Object.entries({ host, ...headers, ...(method === 'POST' && { 'content-length': 0 }) });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${head}\r\n`);
};

/** Bytes of the first answer, headers included; 0 until they are known. */
const lengthOf = (bytes: Buffer): number => {
  const end = bytes.indexOf('\r\n\r\n');
  const length = end < 0 ? undefined : /content-length: (\d+)/i.exec(bytes.toString('latin1', 0, end))?.[1];
  return length === undefined ? 0 : end + 4 + Number(length);
};

const overHttp1 = async ({ address, port }: Target): Promise<readonly Lane[]> => {
  const texts = new Map(requests.map((request) => [request, written(request)]));
  const open = async (): Promise<Lane> => {
    const socket = connect({ host: address, port, noDelay: true });
    await new Promise((resolve, reject) => socket.on('connect', resolve).on('error', reject));
    let answered: (status: number) => void = () => {};
    let received: Buffer = Buffer.alloc(0);
    socket.on('data', (data) => {
      received = received.length === 0 ? data : Buffer.concat([received, data]);
      const length = lengthOf(received);
      if (length === 0 || received.length < length) return;
      const status = Number(received.toString('latin1', 9, 12));
      received = received.subarray(length);
      answered(status);
    });
    socket.on('close', () => answered(0));
    return (request, next) => {
      answered = next;
      socket.write(texts.get(request) ?? '');
    };
  };
  return Promise.all(Array.from({ length: connections }, open));
};

/** Of as many requests at once, four share a connection. */
const overHttp2 = async ({ address, port }: Target): Promise<readonly Lane[]> => {
  const sessions = Array.from({ length: connections / 4 }, () => connectHttp2(`http://${address}:${port}`));
  await Promise.all(sessions.map((session) => new Promise((resolve, reject) => session.on('connect', resolve).on('error', reject))));
  return sessions.flatMap((session) =>
    Array.from(
      { length: 4 },
      (): Lane =>
        ({ method, path }, answered) => {
          // It ends with its headers: Envoy closes connections whose streams are often answered before they have ended.
          const stream = session.request({ ':method': method, ':path': path, ':authority': host, ...headers }, { endStream: true });
          let status = 0;
          stream.on('response', (got) => {
            status = Number(got[':status']);
          });
          stream.on('error', () => {});
          stream.on('close', () => answered(status));
          stream.resume();
        },
    ),
  );
};

/** @returns its status; 0: the connection is gone */
const asked = (lane: Lane, index: number): Promise<number> =>
  new Promise((resolve) => lane(requests[index % requests.length] as Request, resolve));

const measured = async (lanes: readonly Lane[], seconds: number): Promise<Measured> => {
  const times: number[] = [];
  let failed = 0;
  const start = performance.now();
  const end = start + seconds * 1000;
  const carry = async (lane: Lane, first: number): Promise<void> => {
    let status = 200;
    for (let index = first; status > 0 && performance.now() < end; index += 1) {
      const sent = performance.now();
      status = await asked(lane, index);
      times.push(performance.now() - sent);
      if (status !== 200) failed += 1;
    }
  };
  await Promise.all(lanes.map(carry));
  const took = (performance.now() - start) / 1000;
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.floor(times.length * share)] ?? Number.NaN;
  return { requests: times.length, perSecond: times.length / took, p50: at(0.5), p99: at(0.99), failed };
};

const target: Target = JSON.parse(process.argv[2] ?? '{}');
const lanes = await { http1: overHttp1, http2: overHttp2 }[target.protocol](target);
process.on('message', async (seconds: number) => process.send?.(await measured(lanes, seconds)));
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
