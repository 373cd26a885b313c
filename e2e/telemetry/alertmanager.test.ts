/** A real Alertmanager is handed alerts, and does with them what it would with Prometheus' own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Alert } from '@weft/signals';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { notify } from '../../weftd/src/alerts/notify/notify.ts';
import { resolveBySystem } from '../../weftd/src/outbound/guard.ts';
import { until } from '../mesh.ts';
import { freePort } from '../port.ts';
import { findPackaged } from './packaged.ts';

const found = await findPackaged({ name: 'prometheus-alertmanager', variable: 'WEFT_ALERTMANAGER' });
const binary = 'path' in found ? found.path : '';
const share = ('share' in found && found.share) || '';
const why = 'missing' in found ? ` (${found.missing})` : '';

let address: string;
let child: ChildProcess | undefined;
const folder = mkdtempSync(join(tmpdir(), 'alertmanager-'));
beforeAll(async () => {
  if (binary === '') return;
  address = `http://127.0.0.1:${await freePort()}`;
  writeFileSync(join(folder, 'alertmanager.yml'), 'route: {receiver: nobody}\nreceivers: [{name: nobody}]\n');
  const flags = [
    `--config.file=${folder}/alertmanager.yml`,
    `--storage.path=${folder}/data`,
    `--web.listen-address=${new URL(address).host}`,
  ];
  const program = [binary, ...flags, '--cluster.listen-address='];
  // Its templates have their place there.
  const inPlace = ['-rm', 'sh', '-c', 'mount --bind "$0" /usr/share && exec "$@"', share];
  child =
    share === '' ? spawn(binary, program.slice(1), { stdio: 'ignore' }) : spawn('unshare', [...inPlace, ...program], { stdio: 'ignore' });
  await until('Alertmanager is ready', async () => (await fetch(`${address}/-/ready`)).ok || undefined, 20_000);
});
afterAll(async () => {
  if (child && child.exitCode === null) {
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }
  rmSync(folder, { recursive: true, force: true });
});

interface Shown {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly status: { readonly state: string };
}

const shown = async (): Promise<readonly Shown[]> => (await (await fetch(`${address}/api/v2/alerts`)).json()) as readonly Shown[];

const alert = (service: string, state: Alert['state']): Alert => ({
  id: service,
  rule: 'shop/slow',
  labels: { alertname: 'Slow', namespace: 'shop', service, severity: 'page' },
  state,
  reason: `p99 of "${service}" was 700 ms\n`,
});

const tell = (firing: readonly Alert[], resolved: readonly Alert[] = []) =>
  notify(
    {
      notification: { id: '1', receiver: 'r', group: 'g', labels: {}, occasion: 'first', firing, resolved },
      summary: () => 'payments are slow',
      externalUrl: 'http://127.0.0.1:15080',
      now: Date.now(),
    },
    { alertmanager: { url: address } },
    { secret: () => '', reach: { allowed: ['127.0.0.1'], resolve: resolveBySystem }, signal: AbortSignal.timeout(10_000) },
  );

test.skipIf(binary === '')(`Alertmanager takes alerts, and ends those that are over${why}`, async () => {
  const at = Date.now() - 60_000;
  const [pay, cart] = ['pay', 'cart'].map((service) => alert(service, { kind: 'firing', since: at, fired: at }));
  if (!pay || !cart) throw new Error('two were made');
  await tell([pay, cart]);
  const both = await until('both are there', async () => ((await shown()).length === 2 ? await shown() : undefined), 10_000);
  expect(both.find(({ labels }) => labels['service'] === 'pay')).toMatchObject({
    labels: { alertname: 'Slow', namespace: 'shop', severity: 'page' },
    annotations: { summary: 'payments are slow', description: 'p99 of "pay" was 700 ms\n' },
    startsAt: new Date(at).toISOString(),
    status: { state: 'active' },
  });
  await tell([pay], [alert('cart', { kind: 'resolved', fired: at, at: Date.now() })]);
  const left = await until('one is over', async () => ((await shown()).length === 1 ? await shown() : undefined), 10_000);
  expect(left[0]?.labels['service']).toBe('pay');
});
