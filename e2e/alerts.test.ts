/** The example of objectives does what its README says; who is told is told once, over `kill -9` of weftd, and once more when it is over. */
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

const pay = () => mesh.weft('exec', 'deploy/client', '--', 'node', 'ask.mjs', 'http://payments:8080/', '-n', '50');

it('an outage fires, is told once whoever is killed, and resolves', async () => {
  expect((await walk(mesh, readFileSync(join(root, 'examples/objectives/README.md'), 'utf8'))).join('\n\n')).toBe('');
  expect(heard).toEqual([]);

  const silences = await mesh.json<{ items: { id: string }[] }>('alerts', 'silences');
  expect((await mesh.weft('alerts', 'unsilence', silences.items[0]?.id ?? '')).code).toBe(0);
  edit('route.yaml', (before) => before.replace('9099', `${(hook.address() as AddressInfo).port}`));
  await until('somebody is told', () => heard[0], 15_000);

  for (const pid of mesh.pids('weftd.js')) process.kill(pid, 'SIGKILL');
  const since = (await until('weftd is back', burn, 30_000))?.since;
  await until('it is over', async () => {
    await pay();
    return (await burn())?.state === 'resolved' || undefined;
  });
  await until('that is told, too', () => heard[1], 15_000);
  expect(since).toBeGreaterThan(0);
  expect(
    heard.map(({ authorization, status, alerts }) => [authorization, status, alerts.map(({ labels }) => labels['alertname'])]),
  ).toEqual([
    ['Bearer only-for-this-example', 'firing', ['error-budget-burn']],
    ['Bearer only-for-this-example', 'resolved', ['error-budget-burn']],
  ]);
});
