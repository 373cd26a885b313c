/** What HTTP rules do on the real Envoy where it is subtle: seen from a client, and from the servers behind. */
import { createServer, type IncomingHttpHeaders, request, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { extreme, isLikely } from '../chance.ts';
import { freePort } from '../port.ts';
import { type Running, run } from './loopback.ts';
import { viewOf } from './manifests.ts';

interface Seen {
  readonly path: string;
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
}

/** Remembers what reached it; fails `failing` requests with 503 first. */
interface Echo {
  readonly port: number;
  readonly server: Server;
  readonly seen: Seen[];
  failing: number;
}

const echo = async (): Promise<Echo> => {
  const server = createServer(({ url = '', method = '', headers }, response) => {
    self.seen.push({ path: url, method, headers });
    self.failing -= 1;
    response.writeHead(self.failing >= 0 ? 503 : 200).end('echo');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const self: Echo = { port: address.port, server, seen: [], failing: 0 };
  return self;
};

const entry = (name: string, port: number, endpoint: number): string => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: ${name}, namespace: shop }
spec:
  hosts: [${name}.example]
  resolution: STATIC
  ports: [{ number: ${port}, name: http, protocol: HTTP }]
  endpoints: [{ address: 127.0.0.1, ports: { http: ${endpoint} } }]
---`;

const to = 'route: [{ destination: { host: main.example } }]';

const rules = (port: number): string => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: main, namespace: shop }
spec:
  hosts: [main.example]
  http:
  - { match: [{ uri: { prefix: /abort } }], fault: { abort: { httpStatus: 418, percentage: { value: 30 } } }, ${to} }
  - { match: [{ uri: { prefix: /delay } }], fault: { delay: { fixedDelay: 400ms, percentage: { value: 100 } } }, timeout: 200ms, ${to} }
  - { match: [{ uri: { prefix: /grpc } }], fault: { abort: { grpcStatus: NOT_FOUND, percentage: { value: 100 } } }, ${to} }
  - { match: [{ uri: { prefix: /cors } }], corsPolicy: { allowOrigins: [{ prefix: "http://ok." }], allowMethods: [GET, PUT], maxAge: 60s }, ${to} }
  - { match: [{ uri: { prefix: /strict } }], corsPolicy: { allowOrigins: [{ exact: "http://ok.a" }], unmatchedPreflights: IGNORE }, ${to} }
  - { match: [{ uri: { prefix: /mirror } }], mirror: { host: copy.example }, mirrorPercentage: { value: 100 }, rewrite: { authority: inner.example }, ${to} }
  - { match: [{ uri: { prefix: /half } }], mirrors: [{ destination: { host: copy.example }, percentage: { value: 25 } }], ${to} }
  - { match: [{ uri: { prefix: /items } }], rewrite: { uriRegexRewrite: { match: "^/items/([0-9]+)", rewrite: '/v2/\\1' } }, ${to} }
  - { match: [{ uri: { exact: /same } }], redirect: { derivePort: FROM_REQUEST_PORT, uri: /there } }
  - { match: [{ uri: { exact: /secure } }], redirect: { scheme: https, port: 443, redirectCode: 308 } }
  - { match: [{ queryParams: { kind: { regex: "a+" } } }], directResponse: { status: 200, body: { bytes: "AAEC/w==" } } }
  - { match: [{ withoutHeaders: { x-known: { exact: "1" } }, uri: { prefix: /without } }], directResponse: { status: 401 } }
  - match: [{ uri: { exact: /headers } }]
    headers: { request: { set: { x-a: route, host: set.example }, remove: [x-gone] } }
    route: [{ destination: { host: main.example }, headers: { request: { add: { x-a: to } }, response: { set: { x-back: "100%%" } } } }]
  - { match: [{ uri: { exact: /retry } }], retries: { attempts: 2, retryOn: "503", retryIgnorePreviousHosts: false }, ${to} }
  - { match: [{ uri: { exact: /once } }], retries: { attempts: 0 }, ${to} }
  - { match: [{ port: ${port}, uri: { prefix: /fallthrough } }], ${to} }
`;

const manifests = (port: number, main: Echo, copy: Echo): string =>
  [entry('main', port, main.port), entry('copy', port, copy.port), rules(port)].join('');

let port = 0;
let main: Echo;
let copy: Echo;
let envoy: Running;

beforeAll(async () => {
  [port, main, copy] = [await freePort(), await echo(), await echo()];
  envoy = await run(viewOf(manifests(port, main, copy)), port);
}, 120_000);

afterAll(async () => {
  await envoy?.stop();
  for (const { server } of [main, copy]) {
    server.close();
    server.closeAllConnections();
  }
});

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Of the servers: what this request made them see. */
  readonly seen: readonly Seen[];
}

const send = (path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET'): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const before = main.seen.length;
    const sent = request(
      { host: '127.0.0.1', port, path, method, headers: { host: 'main.example', ...headers }, agent: false },
      (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(parts),
            seen: main.seen.slice(before),
          }),
        );
      },
    );
    sent.setTimeout(10_000, () => sent.destroy(new Error('no answer within ten seconds')));
    sent.on('error', reject);
    sent.end();
  });

const times = async (count: number, path: string): Promise<readonly Answer[]> => {
  const answers: Answer[] = [];
  for (let i = 0; i < count; i += 1) answers.push(await send(path));
  return answers;
};

describe('[S44]: faults', () => {
  test('strike their share, and what is struck reaches no server', async () => {
    const before = main.seen.length;
    const answers = await times(300, '/abort');
    const struck = answers.filter(({ status }) => status === 418).length;
    expect(isLikely(struck, 300, 0.3, extreme), `${struck} of 300`).toBe(true);
    expect(main.seen.length - before).toBe(300 - struck);
  });

  test('delay, and then go on: the timeout begins with the request that goes on', async () => {
    const started = performance.now();
    const { status, seen } = await send('/delay');
    expect(performance.now() - started).toBeGreaterThanOrEqual(395);
    expect([status, seen.length]).toEqual([200, 1]);
  });

  test('abort in gRPC with its status; other clients see a 200', async () => {
    const grpc = await send('/grpc', { 'content-type': 'application/grpc' }, 'POST');
    expect([grpc.status, grpc.headers['grpc-status'], grpc.seen.length]).toEqual([200, '5', 0]);
    const plain = await send('/grpc');
    expect([plain.status, plain.body.toString(), plain.seen.length]).toEqual([200, 'fault filter abort', 0]);
  });
});

describe('[S45]: CORS', () => {
  const preflight = (origin: string) => ({ origin, 'access-control-request-method': 'PUT' });

  test('a preflight that is allowed is answered by the proxy', async () => {
    const { status, headers, seen } = await send('/cors', preflight('http://ok.example'), 'OPTIONS');
    expect([status, seen.length]).toEqual([200, 0]);
    expect(headers).toMatchObject({
      'access-control-allow-origin': 'http://ok.example',
      'access-control-allow-methods': 'GET,PUT',
      'access-control-max-age': '60',
    });
  });

  test('one that is not goes on to the server, unless the policy says IGNORE', async () => {
    expect((await send('/cors', preflight('http://no.example'), 'OPTIONS')).seen).toMatchObject([{ method: 'OPTIONS' }]);
    const ignored = await send('/strict', preflight('http://no.example'), 'OPTIONS');
    expect(ignored.seen).toEqual([]);
    expect(ignored.headers).not.toHaveProperty('access-control-allow-origin');
  });

  test('other requests only have their answers marked', async () => {
    const allowed = await send('/cors', { origin: 'http://ok.example' });
    expect([allowed.headers['access-control-allow-origin'], allowed.seen.length]).toEqual(['http://ok.example', 1]);
    expect((await send('/cors', { origin: 'http://no.example' })).headers).not.toHaveProperty('access-control-allow-origin');
  });
});

describe('[S40]: mirrors', () => {
  test('get the same request under a name that ends in -shadow, after the rewrite', async () => {
    const before = copy.seen.length;
    const { seen } = await send('/mirror/a?b=c');
    expect(seen).toMatchObject([{ path: '/mirror/a?b=c', headers: { host: 'inner.example' } }]);
    await expect.poll(() => copy.seen.length, { timeout: 60_000 }).toBeGreaterThan(before);
    expect(copy.seen.slice(before)).toMatchObject([{ path: '/mirror/a?b=c', headers: { host: 'inner.example-shadow' } }]);
  });

  test('get their share', async () => {
    const before = copy.seen.length;
    await times(300, '/half');
    await sleep(300);
    const copies = copy.seen.length - before;
    expect(isLikely(copies, 300, 0.25, extreme), `${copies} of 300`).toBe(true);
  });
});

test('[S43]: a regular rewrite keeps what it does not match, and the query', async () => {
  expect((await send('/items/17/view?x=/items/1')).seen[0]?.path).toBe('/v2/17/view?x=/items/1');
});

test('[S42]: a redirect names the port that was dialled, and never the scheme’s own', async () => {
  expect((await send('/same')).headers.location).toBe(`http://main.example:${port}/there`);
  const secure = await send('/secure');
  expect([secure.status, secure.headers.location]).toEqual([308, 'https://main.example/secure']);
});

test('[S29, S52]: a query parameter matches whole; bytes arrive as they are', async () => {
  expect((await send('/?kind=aaa')).body).toEqual(Buffer.from([0, 1, 2, 255]));
  expect((await send('/?kind=aab')).status).toBe(404);
});

test('[S30]: without a header also means that it is missing', async () => {
  expect([(await send('/without')).status, (await send('/without', { 'x-known': '2' })).status]).toEqual([401, 401]);
  expect((await send('/without', { 'x-known': '1' })).status).toBe(404);
});

test('[S41]: the destination’s operations follow the route’s; setting the host rewrites it', async () => {
  const { seen, headers } = await send('/headers', { 'x-a': 'client', 'x-gone': '1' });
  expect(seen[0]?.headers).toMatchObject({ 'x-a': 'route, to', host: 'set.example' });
  expect(seen[0]?.headers).not.toHaveProperty('x-gone');
  expect(headers['x-back']).toBe('100%');
});

test('[S38]: codes are tried again as often as the rule says, and not at all with 0', async () => {
  main.failing = 2;
  expect(await send('/retry')).toMatchObject({ status: 200, seen: { length: 3 } });
  main.failing = 1;
  expect(await send('/once')).toMatchObject({ status: 503, seen: { length: 1 } });
});
