/** Changes as Envoy takes them from the wire: virtual hosts come, change and go, and no listener notices. */
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { emit } from '@weft/compile';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { gatewayOn, route, sidecar } from '../../compile/src/xds/views.fixture.ts';
import type { EnvoyProcess } from '../envoy.ts';
import { freePort } from '../port.ts';
import { type Control, control } from './control.ts';
import { adminSocket, spawnGateway, xdsSocket } from './gateway.ts';

let folder = '';
let envoy: EnvoyProcess | undefined;
let plane: Control;
let port = 0;

/** Host -> the status that the gateway answers for it. */
const answering = (hosts: Readonly<Record<string, number>>) =>
  emit(
    sidecar({
      role: 'gateway',
      gateway: gatewayOn(
        port,
        Object.entries(hosts).map(([host, status]) => ({
          hosts: [host],
          routes: [route({ kind: 'direct', status })],
          httpsRedirect: false,
        })),
      ),
    }),
  );

const ask = (
  options: { socketPath: string; path: string } | { port: number; host: string; headers: { host: string } },
): Promise<[number, string]> =>
  new Promise((resolve, reject) => {
    const sent = request({ ...options, timeout: 2000, agent: false }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve([response.statusCode ?? 0, text]));
    });
    sent.on('timeout', () => sent.destroy(new Error('no answer within two seconds')));
    sent.on('error', reject);
    sent.end();
  });

const status = async (host: string): Promise<number> => (await ask({ port, host: '127.0.0.1', headers: { host } }))[0];

const counter = async (name: string): Promise<number> => {
  const [, text] = await ask({ socketPath: adminSocket(folder), path: `/stats?filter=^${name}$` });
  return Number(/: (\d+)/.exec(text)?.[1] ?? Number.NaN);
};

const eventually = async <T>(probe: () => Promise<T>, wanted: T): Promise<void> => {
  let last: unknown;
  for (const end = Date.now() + 60_000; Date.now() < end; ) {
    last = await probe().catch((error: unknown) => error);
    if (last === wanted) return;
    await sleep(50);
  }
  throw new Error(`wanted ${wanted}, got ${last}; refused: ${plane.refusals.join('; ')}`);
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weft-updates-'));
  port = await freePort();
  plane = await control(xdsSocket(folder), answering({ 'a.example': 201 }));
  envoy = await spawnGateway(folder, {});
}, 120_000);

afterAll(async () => {
  await envoy?.kill();
  plane?.stop();
  await rm(folder, { recursive: true, force: true });
});

test('a virtual host changes, comes and goes; whoever has none gets 404 at once', async () => {
  await eventually(() => status('a.example'), 201);
  expect(await status('b.example')).toBe(404);
  plane.set(answering({ 'a.example': 202, 'b.example': 203 }));
  await eventually(() => status('b.example'), 203);
  expect(await status('a.example')).toBe(202);
  plane.set(answering({ 'b.example': 203 }));
  await eventually(() => status('a.example'), 404);
  expect(await status('b.example')).toBe(203);
});

test('all of them go, and others come, everybody’s among them', async () => {
  plane.set(answering({}));
  await eventually(() => status('b.example'), 404);
  plane.set(answering({ 'c.example': 207, '*': 208 }));
  await eventually(() => status('c.example'), 207);
  expect(await status('anything.example')).toBe(208);
});

test('no listener was touched, and nothing was refused', async () => {
  expect(await counter('listener_manager.listener_modified')).toBe(0);
  expect(await counter('listener_manager.listener_added')).toBe(1);
  expect(await counter('listener_manager.lds.update_rejected')).toBe(0);
  expect(plane.refusals).toEqual([]);
});
