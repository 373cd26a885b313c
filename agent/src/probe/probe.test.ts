import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { Probe } from '@weft/model';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { container } from '../testing/mesh.ts';
import { ask, type Outcome } from './ask.ts';
import { judge, probeContainer, unknown } from './schedule.ts';

const probe = (action: Probe['action'], more: Partial<Probe> = {}): Probe => ({
  ...{ action, initialDelaySeconds: 0, periodSeconds: 10, timeoutSeconds: 0.3, successThreshold: 1, failureThreshold: 3 },
  ...more,
});
const target = { address: '127.0.0.1', source: '127.0.0.3', exec: async (command: readonly string[]) => (command[0] === 'true' ? 0 : 1) };

const web = createServer((request, response) => {
  if (request.url === '/slow') return;
  response.statusCode = request.url === '/moved' ? 301 : request.headers['x-who'] === 'probe' ? 200 : 500;
  response.end(request.socket.remoteAddress);
});
const silent = createTcpServer(() => {});
/** `HealthCheckResponse{status}` for the service named "ready", NOT_SERVING for "busy", no such service otherwise. */
const health = new Server();
const check = {
  path: '/grpc.health.v1.Health/Check',
  requestStream: false,
  responseStream: false,
  requestDeserialize: (bytes: Buffer) => bytes.subarray(2).toString(),
  requestSerialize: (text: string) => Buffer.from(text),
  responseSerialize: (status: number) => Buffer.from([8, status]),
  responseDeserialize: (bytes: Buffer) => bytes[1] ?? 0,
};
health.addService({ check }, {
  check: (call: { request: string }, done: (error: object | null, status?: number) => void) => {
    if (call.request === 'ready' || call.request === 'busy') done(null, call.request === 'ready' ? 1 : 2);
    else done({ code: 5, details: 'unknown service' });
  },
} as never);

const ports = { web: 0, silent: 0, grpc: 0 };
beforeAll(async () => {
  for (const [name, server] of [
    ['web', web],
    ['silent', silent],
  ] as const) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ports[name] = (server.address() as AddressInfo).port;
  }
  ports.grpc = await new Promise<number>((resolve, reject) =>
    health.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => (error ? reject(error) : resolve(port))),
  );
});
afterAll(() => {
  web.close();
  web.closeAllConnections();
  silent.close();
  health.forceShutdown();
});

const http = (path: string, who = 'probe'): Probe['action'] => ({
  ...{ kind: 'http', path, port: ports.web, scheme: 'HTTP' },
  headers: [{ name: 'X-Who', value: who }],
});

test('HTTP: 200 to 399 is well, from the address that was asked for', async () => {
  expect(await ask(probe(http('/')), target)).toEqual({ ok: true });
  expect(await ask(probe(http('/moved')), target)).toEqual({ ok: true });
  expect(await ask(probe(http('/', 'other')), target)).toEqual({ ok: false, reason: 'HTTP status 500' });
  expect(await ask(probe(http('/slow')), target)).toEqual({ ok: false, reason: 'no answer within 300 ms' });
});

test('TCP: a connection is enough', async () => {
  expect(await ask(probe({ kind: 'tcp', port: ports.silent }), target)).toEqual({ ok: true });
  expect(await ask(probe({ kind: 'tcp', port: 1 }), target)).toMatchObject({ ok: false, reason: expect.stringContaining('ECONNREFUSED') });
});

test('gRPC: the health service must say SERVING', async () => {
  const grpc = (service: string, port = ports.grpc) => ask(probe({ kind: 'grpc', port, service }), target);
  expect(await grpc('ready')).toEqual({ ok: true });
  expect(await grpc('busy')).toEqual({ ok: false, reason: 'gRPC health is NOT_SERVING' });
  expect(await grpc('none')).toEqual({ ok: false, reason: 'gRPC status 5' });
  expect(await grpc('ready', ports.silent)).toEqual({ ok: false, reason: 'no answer within 300 ms' });
});

test('exec: the exit code counts', async () => {
  expect(await ask(probe({ kind: 'exec', command: ['true'] }), target)).toEqual({ ok: true });
  expect(await ask(probe({ kind: 'exec', command: ['false'] }), target)).toEqual({ ok: false, reason: 'command exited with code 1' });
});

test('thresholds count outcomes in a row', () => {
  const rule = probe({ kind: 'tcp', port: 1 }, { successThreshold: 2, failureThreshold: 2 });
  const outcomes = [true, true, false, true, false, false, true, false];
  let verdict = unknown;
  const passing = outcomes.map((ok) => {
    verdict = judge(rule, verdict, ok);
    return verdict.passing;
  });
  expect(passing).toEqual([false, true, true, true, true, false, false, false]);
});

/** Runs the schedule on a clock of its own; `answer` is asked with the seconds that have passed. */
const schedule = async (spec: Parameters<typeof container>[2], answer: (probe: Probe, seconds: number) => boolean, seconds: number) => {
  vi.useFakeTimers();
  try {
    const events: string[] = [];
    const startedAt = Date.now();
    const at = (): number => (Date.now() - startedAt) / 1_000;
    const stop = new AbortController();
    const asked = async (one: Probe): Promise<Outcome> => (answer(one, at()) ? { ok: true } : { ok: false, reason: 'no' });
    const running = probeContainer(
      container('app', ['x'], spec),
      {
        ask: asked,
        onReady: (ready) => events.push(`${at()} ${ready ? 'ready' : 'not ready'}`),
        onDead: (reason) => events.push(`${at()} ${reason}`),
      },
      stop.signal,
    );
    await vi.advanceTimersByTimeAsync(seconds * 1_000);
    stop.abort();
    await running;
    return events.filter((event, index) => event.split(' ').slice(1).join() !== events[index - 1]?.split(' ').slice(1).join());
  } finally {
    vi.useRealTimers();
  }
};

test('readiness is noticed soon after the start, and lost after the threshold', async () => {
  const readinessProbe = probe({ kind: 'tcp', port: 1 }, { failureThreshold: 2 });
  const answer = (_: Probe, seconds: number): boolean => seconds >= 1 && seconds < 30;
  expect(await schedule({ readinessProbe }, answer, 60)).toEqual(['0 not ready', '1 ready', '41 not ready']);
});

test('liveness waits for the startup probe, and a start that takes too long is dead', async () => {
  const startupProbe = probe({ kind: 'tcp', port: 1 }, { periodSeconds: 5, failureThreshold: 3 });
  const livenessProbe = probe({ kind: 'tcp', port: 2 }, { periodSeconds: 2, failureThreshold: 2 });
  const slow = (one: Probe, seconds: number): boolean => one === startupProbe && seconds >= 12;
  expect(await schedule({ startupProbe, livenessProbe }, slow, 60)).toEqual(['0 not ready', '12 ready', '16 liveness probe: no']);
  expect(await schedule({ startupProbe, livenessProbe }, () => false, 60)).toEqual(['0 not ready', '15 startup probe: no']);
});
