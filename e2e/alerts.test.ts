/**
 * The example of objectives does what its README says; who is told is told once, over `kill -9` of weftd, and once more when it is over. Proxies are
 * asked every ten seconds, so that an outage is seen 5 to 15 seconds after it began, and its end as long after its window and as much again.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { AlertsStatus } from '@weft/model';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Mesh, root, startMesh, until } from './mesh.ts';
import { walk } from './walkthrough.ts';

interface Message {
  readonly authorization: string | undefined;
  readonly status: string;
  readonly alerts: readonly { readonly status: string; readonly labels: Readonly<Record<string, string>> }[];
}

const heard: Message[] = [];
let hook: Server;
let mesh: Mesh;
beforeAll(async () => {
  hook = createServer(async (request, response) => {
    heard.push({ authorization: request.headers.authorization, ...JSON.parse(await text(request)) });
    response.end();
  });
  await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve));
  mesh = await startMesh({ folder: join(root, 'examples/objectives') });
}, 180_000);
afterAll(async () => {
  await mesh?.stop();
  hook?.close();
}, 60_000);

const edit = (file: string, change: (before: string) => string): void => {
  const path = join(mesh.folder, file);
  writeFileSync(`${path}.tmp`, change(readFileSync(path, 'utf8')));
  renameSync(`${path}.tmp`, path);
};

const burn = async () => {
  const { items } = await mesh.json<AlertsStatus>('alerts', '-n', 'bank');
  return items.find(({ name }) => name === 'error-budget-burn');
};

/** Of one caller, and of each route. Nothing fails twice as often as half of the time: they never fire. */
const more = (name: string, subject: string, windows: string): string => `
---
apiVersion: mesh.weft.dev/v1alpha1
kind: ServiceLevelObjective
metadata: {name: ${name}, namespace: bank}
spec: {subject: {service: payments, ${subject}}, indicator: {availability: {}}, target: 50, period: {rolling: 1h}, burnRates: [{factor: 2, ${windows}}]}
`;

const others = [
  more('client', 'caller: {workload: client}', 'long: 30s, short: 10s'),
  more('stranger', 'caller: {workload: stranger}', 'long: 30s, short: 10s'),
  more('usual', 'route: usual', 'long: 10m, short: 2m'),
  more('outage', 'route: outage', 'long: 10m, short: 2m'),
].join('');

interface Counted {
  readonly name: string;
  readonly good: number;
  readonly total: number;
}

const counted = async (): Promise<Readonly<Record<string, readonly [good: number, total: number]>>> => {
  const { items } = await mesh.json<{ items: readonly Counted[] }>('slo', '-n', 'bank');
  return Object.fromEntries(items.map(({ name, good, total }) => [name, [good, total]]));
};

const pay = () => mesh.weft('exec', 'deploy/client', '--', 'node', 'ask.mjs', 'http://payments:8080/', '-n', '50');

it('an outage fires, is told once whoever is killed, and resolves', async () => {
  writeFileSync(join(mesh.folder, 'others.yaml'), others);
  expect((await walk(mesh, readFileSync(join(root, 'examples/objectives/README.md'), 'utf8'))).join('\n\n')).toBe('');
  expect(heard).toEqual([]);

  const silences = await mesh.json<{ items: { id: string }[] }>('alerts', 'silences');
  expect((await mesh.weft('alerts', 'unsilence', silences.items[0]?.id ?? '')).code).toBe(0);
  edit('route.yaml', (before) => before.replace('9099', `${(hook.address() as AddressInfo).port}`));
  await until('somebody is told', () => heard[0], 15_000);

  mesh.kill('weftd.js');
  const since = (await until('weftd is back', burn, 30_000))?.since;
  const isOver = async () => {
    await pay();
    return (await burn())?.state === 'resolved' || undefined;
  };
  await until('it is over', isOver, 60_000, 3000);
  await until('that is told, too', () => heard[1], 15_000);
  expect(since).toBeGreaterThan(0);
  const { client, usual } = await until('all is counted, by caller and by route', async () => {
    const { stranger, outage, payments = [0, 0], ...rest } = await counted();
    const isAll = rest['client']?.[1] === payments[1] && rest['usual']?.[1] === payments[1] - 100 && outage?.[1] === 100;
    if (isAll)
      expect([stranger, outage]).toEqual([
        [0, 0],
        [0, 100],
      ]);
    return isAll ? rest : undefined;
  });
  expect([(client?.[1] ?? 0) - (client?.[0] ?? 0), usual?.[0]]).toEqual([100, usual?.[1]]);
  expect(
    heard.map(({ authorization, status, alerts }) => [authorization, status, alerts.map(({ labels }) => labels['alertname'])]),
  ).toEqual([
    ['Bearer only-for-this-example', 'firing', ['error-budget-burn']],
    ['Bearer only-for-this-example', 'resolved', ['error-budget-burn']],
  ]);
});
