/** CUSTOM policies on a real Envoy: authorizers that allow, refuse, are slow, answer rubbish or are not there [S110]. */
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Server as GrpcServer, ServerCredentials } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../port.ts';
import { type Gate, policy, startGate } from './gate.ts';

interface Asked {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let gate: Gate;
let http: Server;
let grpc: GrpcServer;
const asked: Asked[] = [];
const calls: string[] = [];

/** Says what the path asks for: `/web/403`, `/web/late`, `/web/slow`, `/web/rubbish`. */
const startHttp = async (): Promise<number> => {
  http = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      const { url: path = '', headers } = request;
      asked.push({ path, headers, body });
      if (path.includes('slow')) return;
      if (path.includes('rubbish')) return void request.socket.end('rubbish\r\n\r\n');
      response.writeHead(path.includes('403') ? 403 : 200, { 'x-user': 'alice', 'x-reason': 'because', 'x-other': 'no' });
      setTimeout(() => response.end('authorizer'), path.includes('late') ? 100 : 0);
    });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return (http.address() as AddressInfo).port;
};

/** `envoy.service.auth.v3.CheckResponse`: empty is OK, `status {code: 7}` is no. */
const [ok, no] = [Buffer.alloc(0), Buffer.from([0x0a, 0x02, 0x08, 0x07])];

const startGrpc = async (): Promise<number> => {
  grpc = new GrpcServer();
  const bytes = (value: Buffer) => value;
  const path = '/envoy.service.auth.v3.Authorization/Check';
  const unary = { requestStream: false, responseStream: false, requestDeserialize: bytes, responseDeserialize: bytes };
  grpc.addService(
    { check: { ...unary, path, requestSerialize: bytes, responseSerialize: bytes } },
    {
      check: ({ request }: { readonly request: Buffer }, done: (error: null, answer: Buffer) => void) => {
        const text = request.toString('latin1');
        calls.push(text);
        done(null, text.includes('refused') ? no : ok);
      },
    },
  );
  const port = await freePort();
  await new Promise<void>((resolve, reject) =>
    grpc.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error) => (error ? reject(error) : resolve())),
  );
  return port;
};

const authorizer = (name: string, number: number, protocol: string) => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'ServiceEntry',
  metadata: { name, namespace: 'edge' },
  spec: {
    hosts: [`${name}.example`],
    resolution: 'STATIC',
    ports: [{ number, name: protocol, protocol: protocol.toUpperCase() }],
    endpoints: [{ address: '127.0.0.1' }],
  },
});

const custom = (name: string, provider: string, path: string) =>
  policy(name, { action: 'CUSTOM', provider: { name: provider }, rules: [{ to: [{ operation: { paths: [path] } }] }] });

const status = async (path: string, body?: string): Promise<number> =>
  (await gate.ask({ path, ...(body && { method: 'POST', body }), headers: { 'x-token': 't', 'x-secret': 's' } })).status;

beforeAll(async () => {
  const [web, words, gone] = [await startHttp(), await startGrpc(), await freePort()];
  const common = { timeout: '2s' };
  const settings = {
    apiVersion: 'mesh.weft.dev/v1alpha1',
    kind: 'MeshConfig',
    metadata: { name: 'mesh' },
    spec: {
      extensionProviders: [
        {
          name: 'web',
          envoyExtAuthzHttp: {
            ...common,
            service: 'web.example',
            port: web,
            pathPrefix: '/check',
            includeRequestHeadersInCheck: ['x-token'],
            includeAdditionalHeadersInCheck: { 'x-mesh': 'weft' },
            includeRequestBodyInCheck: { maxRequestBytes: 5, allowPartialMessage: true },
            headersToDownstreamOnDeny: ['x-reason'],
          },
        },
        { name: 'words', envoyExtAuthzGrpc: { ...common, service: 'words.example', port: words } },
        { name: 'gone', envoyExtAuthzGrpc: { ...common, service: 'gone.example', port: gone, statusOnError: '503' } },
        { name: 'open', envoyExtAuthzGrpc: { ...common, service: 'gone.example', port: gone, failOpen: true } },
      ],
    },
  };
  const services = [authorizer('web', web, 'http'), authorizer('words', words, 'grpc'), authorizer('gone', gone, 'grpc')];
  gate = await startGate(settings, ...services);
  const named = ['web', 'words', 'gone', 'open', 'unknown'];
  await gate.policies(...named.map((name) => custom(name, name, `/${name}*`)));
}, 120_000);

afterAll(async () => {
  await gate?.stop();
  grpc?.forceShutdown();
  http?.close();
  http?.closeAllConnections();
});

test('an HTTP authorizer is asked with the path, headers and body that it shall have, and no others', async () => {
  expect(await status('/web/200', 'a long body')).toBe(200);
  const [last] = asked.slice(-1);
  expect(last).toMatchObject({ path: '/check/web/200', body: 'a lon', headers: { 'x-token': 't', 'x-mesh': 'weft' } });
  expect(last?.headers['x-secret']).toBeUndefined();
});

test('its no is passed on, with the headers that it may add', async () => {
  const { status: code, text, headers } = await gate.ask({ path: '/web/403' });
  expect([code, text, headers['x-reason'], headers['x-other']]).toEqual([403, 'authorizer', 'because', undefined]);
});

test('a gRPC authorizer says yes and no', async () => {
  expect([await status('/words/fine'), await status('/words/refused')]).toEqual([200, 403]);
  expect(calls.some((text) => text.includes('/words/fine'))).toBe(true);
});

test('who is slow, answers rubbish or is not there refuses; each with its own status, and only what is delegated to it', async () => {
  const answers = await Promise.all(
    ['/web/slow', '/web/rubbish', '/gone', '/open', '/unknown', '/else', '/words/fine'].map((path) => status(path)),
  );
  expect(answers).toEqual([403, 403, 503, 200, 403, 200, 200]);
});

test('each authorizer is asked about its own requests, all of them about one that all are for', async () => {
  await gate.policies(custom('a', 'web', '/both*'), custom('b', 'words', '/both*'), custom('c', 'words', '/words*'));
  const [before, callsBefore] = [asked.length, calls.length];
  expect([await status('/both/x'), await status('/both/403'), await status('/both/refused'), await status('/words/x')]).toEqual([
    200, 403, 403, 200,
  ]);
  // What the first refuses, the second does not hear of.
  expect([asked.length - before, calls.length - callsBefore]).toEqual([3, 3]);
});

test('DENY holds beside an authorizer’s yes, and nothing was refused by Envoy', async () => {
  await gate.policies(
    custom('a', 'words', '/words*'),
    policy('deny', { action: 'DENY', rules: [{ to: [{ operation: { paths: ['/words/x'] } }] }] }),
  );
  expect([await status('/words/x'), await status('/words/y')]).toEqual([403, 200]);
  expect(gate.refusals).toEqual([]);
});

test('what decides changes many times while requests wait for an authorizer, and each is served [E15]', async () => {
  const asking = custom('a', 'web', '/web*');
  const denying = (index: number) => policy('deny', { action: 'DENY', rules: [{ to: [{ operation: { paths: [`/denied-${index}`] } }] }] });
  await gate.policies(asking, denying(0));
  const answers: number[] = [];
  let isOver = false;
  const client = async (): Promise<void> => {
    while (!isOver) answers.push(await status('/web/late').catch(() => 0));
  };
  const clients = Array.from({ length: 16 }, client);
  for (let index = 1; index <= 40; index += 1) {
    gate.change(asking, denying(index));
    await sleep(50);
  }
  isOver = true;
  await Promise.all(clients);
  expect(answers.length).toBeGreaterThan(100);
  expect(answers.filter((code) => code !== 200)).toEqual([]);
});
