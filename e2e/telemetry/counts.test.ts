/** What was sent, and what the mesh says of it: over HTTP, gRPC and TCP, while weftd is killed and the server is replaced. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GoldenSignals, SignalsAnswer, Topology } from '@weft/model';
import { parseExposition } from '@weft/signals';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Mesh, root, startMesh, until } from '../mesh.ts';

/** What is asked of the bank each time. */
const pass = { ok: 800, slow: 40, failed: 60, pay: 100, tcp: 20 };
const passes = process.env.WEFT_LONG === '1' ? 100 : 10;
const requests = passes * (pass.ok + pass.slow + pass.failed + pass.pay);
const connections = passes * pass.tcp;
/** Of `hello`, there and back. */
const bytes = connections * 5;

/** How many may be missing, or too many. */
const tolerance = requests / 1_000;

let mesh: Mesh;
beforeAll(async () => {
  mesh = await startMesh({ folder: join(root, 'e2e/telemetry/bank') });
}, 120_000);
afterAll(() => mesh?.stop(), 60_000);

/** When each pass was over. */
const ends: number[] = [];

const send = async (): Promise<void> => {
  const query = new URLSearchParams(Object.entries(pass).map(([name, count]): [string, string] => [name, String(count)]));
  const answer = await fetch(`${mesh.gateway}/?${query}`);
  expect(await answer.text()).toBe('done\n');
  ends.push(Date.now());
};

const stat = async (...asked: readonly string[]): Promise<GoldenSignals> => {
  const { items } = await mesh.json<SignalsAnswer>('stat', ...asked);
  const [first, ...more] = items;
  expect(more).toEqual([]);
  if (!first) throw new Error(`nothing of ${asked.join(' ')}`);
  return first;
};

const isNear = (value: number, expected: number): void =>
  expect(Math.abs(value - expected), `${value}, not ${expected}`).toBeLessThanOrEqual(tolerance);

test('the store, Prometheus’ text and the load agree within a thousandth', { timeout: 300_000 }, async () => {
  for (let index = 0; index < passes; index += 1) {
    const [weftd = 0] = mesh.pids('weftd.js');
    if (index === Math.floor(passes / 3)) process.kill(weftd, 'SIGKILL');
    // The old server serves until the new one does, and tells what it counted when it ends.
    if (index === Math.floor((2 * passes) / 3)) {
      const restarted = async () => ((await mesh.weft('restart', 'deploy/bank-v1', '-n', 'money')).code === 0 ? true : undefined);
      await until('weftd is back, and replaces the server', restarted, 60_000, 200);
    }
    await send();
  }
  const bank = ['service/bank', '-n', 'money'];
  await until(
    'all is counted',
    async () => {
      const { requests: counted, connectionsClosed } = await stat(...bank);
      const { requests: served } = await stat('deploy/bank-v1');
      return Math.min(counted, served) >= requests - tolerance && connectionsClosed >= connections ? true : undefined;
    },
    60_000,
    500,
  );

  const called = await stat(...bank);
  isNear(called.requests, requests);
  isNear(called.failed, passes * pass.failed);
  expect([called.connectionsOpened, called.connectionsClosed]).toEqual([connections, connections]);
  expect([called.bytesReceived, called.bytesSent]).toEqual([bytes, bytes]);
  expect(called.reasons[0]).toMatchObject({ code: '500', words: 'the application answered 500' });
  expect(called.latency?.p99).toBeGreaterThan(50);
  isNear((await stat('deploy/bank-v1')).requests, requests);

  const { families } = parseExposition((await mesh.weft('metrics')).stdout, 'text');
  const samples = families.flatMap((family) => family.samples);
  const told = samples.filter(
    ({ name, labels }) => name === 'istio_requests_total' && labels.reporter === 'source' && labels.destination_service_name === 'bank',
  );
  expect(told.reduce((sum, { value }) => sum + value, 0)).toBe(requests);

  const { edges } = await mesh.json<Topology>('edges', '-n', 'money');
  expect(new Set(edges.filter(({ callee }) => callee.name === 'bank').map(({ mtls, protocol }) => `${protocol} ${mtls}`))).toEqual(
    new Set(['http mutual', 'grpc mutual', 'tcp mutual']),
  );
});

test('no step says less than nothing, or more than was sent around it', async () => {
  const token = await readFile(join(mesh.home, 'viewer-token'), 'utf8');
  const to = Date.now();
  const asked = new URLSearchParams({
    of: 'service',
    from: `${to - 600_000}`,
    to: `${to}`,
    step: '10000',
    where: 'destination_service_name=bank',
  });
  const answer = await fetch(`${mesh.api}/api/v1/signals?${asked}`, { headers: { authorization: `Bearer ${token.trim()}` } });
  const { items } = (await answer.json()) as SignalsAnswer;
  const each = requests / passes;
  for (const { at, requests: counted, latency } of items[0]?.series ?? []) {
    const around = ends.filter((end) => end > at - 10_000 && end < at + 40_000).length;
    expect(counted).toBeGreaterThanOrEqual(0);
    expect(counted).toBeLessThanOrEqual(around * each + tolerance);
    expect(latency?.p50 ?? 0).toBeGreaterThanOrEqual(0);
  }
  expect(items[0]?.series?.reduce((sum, { requests: counted }) => sum + counted, 0)).toBe(items[0]?.requests);
});
