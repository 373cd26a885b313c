/**
 * The shop of an ordinary user, in one user namespace: what root's mesh promises, without root. When these tests run as an
 * ordinary user, every other one of this folder is rootless already.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AccessRecord } from '@weft/signals';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { family, type Mesh, root, startMesh, traces, until } from './mesh.ts';
import { freePort } from './port.ts';

const unprivileged = 2000;

interface Answer {
  readonly app: string;
  readonly caller: string | null;
  readonly calls?: Readonly<Record<string, Answer>>;
}

const ended = (pid: number): boolean => statSync(`/proc/${pid}`, { throwIfNoEntry: false }) === undefined;

const shopOfAnOrdinaryUser = (): void => {
  const before = traces();
  let mesh: Mesh;
  beforeAll(async () => {
    mesh = await startMesh({ folder: join(root, 'examples/shop'), uid: unprivileged });
  });
  afterAll(() => mesh?.stop());

  const inWeb = (...command: readonly string[]) => mesh.weft('exec', 'deploy/web', '-n', 'shop', '--', ...command);
  const applied = async (): Promise<void> => {
    await mesh.applied(30);
  };

  it('has no process that is root', () => {
    const owners = family(mesh.up.pid ?? 0).flatMap((pid) => statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid ?? []);
    expect(owners.length).toBeGreaterThan(20);
    expect(new Set(owners)).toEqual(new Set([unprivileged]));
  });

  it('answers on 127.0.0.1 through the gateway, each caller known by its identity', async () => {
    const response = await fetch(`${mesh.gateway}/`);
    const web = (await response.json()) as Answer;
    expect(response.status).toBe(200);
    expect(web.caller).toBe('spiffe://cluster.local/ns/istio-ingress/sa/istio-ingressgateway');
    expect(web.calls?.catalog?.caller).toBe('spiffe://cluster.local/ns/shop/sa/web');
    expect(web.calls?.cart?.calls?.inventory?.caller).toBe('spiffe://cluster.local/ns/shop/sa/cart');
  });

  it('reaches TCP servers, names and virtual addresses from inside', async () => {
    const paid = await fetch(`${mesh.gateway}/checkout`);
    expect(await paid.text()).toContain('ledger v1 ready');
    const address = (await inWeb('getent', 'ahostsv4', 'catalog')).stdout.split(/\s/)[0] ?? '';
    expect(address).toMatch(/^10\./);
    for (const name of ['catalog', 'catalog.shop.svc.cluster.local', address]) {
      const { stdout, stderr } = await inWeb('curl', '-s', `http://${name}:8080/`);
      expect(JSON.parse(stdout || '{}'), stderr).toMatchObject({ app: 'catalog', caller: 'spiffe://cluster.local/ns/shop/sa/web' });
    }
  });

  it('serves a caller without a sidecar under PERMISSIVE and refuses it under STRICT', async () => {
    const curl = ['curl', '-s', '-m', '10', 'http://catalog.shop:8080/'];
    const ask = () => mesh.weft('exec', 'deploy/batch', '-n', 'legacy', '--', ...curl);
    expect(JSON.parse((await ask()).stdout)).toMatchObject({ app: 'catalog', caller: null });
    const strict = 'apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: default, namespace: shop}\n';
    writeFileSync(join(mesh.folder, 'strict.yaml'), `${strict}spec: {mtls: {mode: STRICT}}\n`);
    await until('the file was read', async () =>
      (await mesh.weft('get', 'peerauthentication', '-n', 'shop', 'default')).code === 0 ? true : undefined,
    );
    await applied();
    expect((await ask()).code).toBe(56); // curl: the connection was reset while receiving
    const refused = await until('its record', async () => {
      const { items } = await mesh.json<{ items: readonly AccessRecord[] }>('access', '--to', 'shop/catalog', '--denied');
      return items[0];
    });
    expect(refused).toMatchObject({ mtls: false, verdict: { kind: 'denied', by: 'listener' } });
    expect((await fetch(`${mesh.gateway}/`)).status).toBe(200);
  });

  it('leaves nothing behind after Ctrl-C', async () => {
    const processes = family(mesh.up.pid ?? 0);
    expect(existsSync(mesh.run)).toBe(true);
    await mesh.stop();
    expect(mesh.up.exitCode).toBe(0);
    await until('all processes ended', () => (processes.every(ended) ? true : undefined));
    expect(existsSync(mesh.run)).toBe(false);
    expect(traces()).toEqual(before);
  });
};

describe('the shop of an ordinary user', () => {
  if (process.getuid?.() === 0) shopOfAnOrdinaryUser();
  else test.skip('shop.test.ts ran as one already', () => {});
});

describe('where user namespaces are forbidden', () => {
  const home = mkdtempSync(join(tmpdir(), 'weft-e2e-'));
  afterAll(() => rmSync(home, { recursive: true }));

  it('weft up says so, and what to do, in one line', async () => {
    const forbid =
      'echo 0 > /proc/sys/user/max_user_namespaces && exec setpriv --bounding-set=-all --inh-caps=-all --ambient-caps=-all "$@"';
    const user = ['-U', `--map-user=${unprivileged}`, `--map-group=${unprivileged}`, '--keep-caps'];
    const ports = [await freePort(), await freePort(), await freePort()];
    const flags = ['--gateway-port', `${ports[0]}`, '--api', `${ports[1]}`, '--xds', `${ports[2]}`];
    const up = [process.execPath, join(root, 'dist/weft.js'), 'up', join(root, 'examples/shop'), ...flags];
    const env = { ...process.env, NO_COLOR: '1', WEFT_HOME: join(home, 'state'), XDG_RUNTIME_DIR: home };
    const result = await new Promise<{ code: unknown; text: string }>((resolve) => {
      execFile('unshare', [...user, 'sh', '-c', forbid, 'sh', ...up], { env, cwd: root, timeout: 50_000 }, (error, stdout, stderr) =>
        resolve({ code: error?.code ?? 0, text: stdout + stderr }),
      );
    });
    expect(result.text).toMatch(/^weft: .*user namespaces are forbidden here .*run it as root, or in a virtual machine$/m);
    expect(result.code).toBe(1);
    expect(readdirSync(home)).toEqual(['state']);
  });
});
