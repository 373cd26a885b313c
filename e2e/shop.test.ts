/** The shop on real Envoys: what a user was promised, asked of one running mesh. */
import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { parseExposition } from '@weft/signals';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failed, startLoad } from './load.ts';
import { family, type Mesh, root, startMesh, traces, until } from './mesh.ts';
import { stepsOf, walk } from './walkthrough.ts';

const run = promisify(execFile);
const isLong = process.env.WEFT_LONG === '1';
const moves = isLong ? 500 : 24;
const [perSecond, perSecondInside] = isLong ? [150, 50] : [60, 20];

interface Answer {
  readonly app: string;
  readonly version: string;
  readonly caller: string | null;
  readonly calls?: Readonly<Record<string, Answer>>;
}

const before = traces();
let mesh: Mesh;
beforeAll(async () => {
  mesh = await startMesh({ folder: join(root, 'examples/shop') });
}, 180_000);
afterAll(async () => {
  await mesh?.stop();
}, 60_000);

const answerOf = async (path = '/', headers: Record<string, string> = {}): Promise<Answer> => {
  const response = await fetch(`${mesh.gateway}${path}`, { headers });
  const text = await response.text();
  expect(response.status, text).toBe(200);
  return JSON.parse(text) as Answer;
};

/** Rewrites a file as an editor does: beside, then renamed over. */
const edit = (file: string, change: (text: string) => string): void => {
  const path = join(mesh.folder, file);
  const before = readFileSync(path, 'utf8');
  const after = change(before);
  if (after === before) throw new Error(`${file}: nothing to change`);
  writeFileSync(`${path}.tmp`, after);
  renameSync(`${path}.tmp`, path);
};

const weights = (v1: number, v2: number) => (text: string) =>
  text.replace(/(subset: v1\}\n\s+weight: )\d+/g, `$1${v1}`).replace(/(subset: v2\}\n\s+weight: )\d+/g, `$1${v2}`);

const exec = (...command: readonly string[]) => mesh.weft('exec', 'deploy/web', '-n', 'shop', '--', ...command);

describe('the shop', () => {
  it('answers through the gateway, over at least three sidecars, each caller known by its identity', async () => {
    const web = await answerOf();
    expect(web.app).toBe('web');
    expect(web.caller).toBe('spiffe://cluster.local/ns/istio-ingress/sa/istio-ingressgateway');
    expect(web.calls?.catalog?.caller).toBe('spiffe://cluster.local/ns/shop/sa/web');
    expect(web.calls?.cart?.caller).toBe('spiffe://cluster.local/ns/shop/sa/web');
    expect(web.calls?.cart?.calls?.inventory?.caller).toBe('spiffe://cluster.local/ns/shop/sa/cart');
  });

  it('pays over plain TCP to a server that speaks first', async () => {
    const answer = await answerOf('/checkout');
    expect(JSON.stringify(answer.calls?.payments)).toContain('ledger v1 ready');
  });

  it('says what runs', async () => {
    const status = await mesh.json<{ ready: boolean; counts: { workloads: number; proxies: number; identities: number } }>('status');
    expect(status.counts.workloads).toBeGreaterThanOrEqual(7);
    const { items } = await mesh.json<{ items: { name: string; inStep: boolean; lastNack: unknown; identity: string }[] }>('ps');
    expect(items.length).toBe(status.counts.proxies);
    expect(items.filter((item) => !item.inStep || item.lastNack !== null)).toEqual([]);
    expect(new Set(items.map((item) => item.identity)).size).toBe(status.counts.identities);
  });

  it('counts requests at both ends, each once, and says so in Istio’s words', async () => {
    const curls = ['sh', '-c', 'for i in $(seq 20); do curl -s http://catalog:8080/ >/dev/null || exit 1; done'];
    // Nobody else asks the catalog from there.
    expect((await mesh.weft('exec', 'deploy/cart', '-n', 'shop', '--', ...curls)).code).toBe(0);
    const { families, faults } = parseExposition((await mesh.weft('metrics')).stdout, 'text');
    expect(faults).toEqual([]);
    const counted = families
      .flatMap(({ samples }) => samples)
      .filter(({ name, labels }) => name === 'istio_requests_total' && labels['source_workload'] === 'cart')
      .filter(({ labels }) => labels['destination_service_name'] === 'catalog' && labels['response_code'] === '200');
    const by = (reporter: string): number =>
      counted.filter(({ labels }) => labels['reporter'] === reporter).reduce((sum, { value }) => sum + value, 0);
    expect([by('source'), by('destination')]).toEqual([20, 20]);
  });

  it.each(['http://catalog:8080/', 'http://catalog.shop.svc.cluster.local:8080/'])('reaches %s', async (url) => {
    const result = await exec('curl', '-s', url);
    expect(result.code, result.stderr).toBe(0);
    expect(JSON.parse(result.stdout)).toMatchObject({ app: 'catalog', caller: 'spiffe://cluster.local/ns/shop/sa/web' });
  });

  it('reaches a service by its virtual address', async () => {
    const address = (await exec('getent', 'ahostsv4', 'catalog')).stdout.split(/\s/)[0] ?? '';
    expect(address).toMatch(/^10\./);
    const result = await exec('curl', '-s', `http://${address}:8080/`);
    expect(JSON.parse(result.stdout)).toMatchObject({ app: 'catalog', caller: 'spiffe://cluster.local/ns/shop/sa/web' });
  });

  it('serves a caller without a sidecar under PERMISSIVE and refuses it under STRICT', async () => {
    const legacy = (...command: readonly string[]) => mesh.weft('exec', 'deploy/batch', '-n', 'legacy', '--', ...command);
    const served = await legacy('curl', '-s', 'http://catalog.shop:8080/');
    expect(JSON.parse(served.stdout)).toMatchObject({ app: 'catalog', caller: null });
    const strict = `apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: default, namespace: shop}\nspec:\n  mtls: {mode: STRICT}\n`;
    writeFileSync(join(mesh.folder, 'strict.yaml'), strict);
    await mesh.applied();
    const refused = await legacy('curl', '-s', '-m', '5', 'http://catalog.shop:8080/');
    expect(refused.code).toBe(56); // curl: the connection was reset while receiving
    await answerOf();
    edit('strict.yaml', (text) => text.replace('STRICT', 'PERMISSIVE'));
    await mesh.applied();
    expect((await legacy('curl', '-s', 'http://catalog.shop:8080/')).code).toBe(0);
  });

  it.skipIf(process.getuid?.() !== 0)(
    'sends nothing but TLS between workloads, with a SPIFFE certificate asked for on both sides',
    async () => {
      const { items } = await mesh.json<{ items: { metadata: { name: string }; status: { podIP: string } }[] }>('get', 'pods', '-A');
      const addressOf = (name: string): string => items.find((pod) => pod.metadata.name.startsWith(name))?.status.podIP ?? '';
      const [web, catalog] = [addressOf('web-'), addressOf('catalog-v1-')];
      const node = mesh.pids('agent', 'node').at(-1) ?? 0;
      const file = join(mesh.home, '..', 'web-catalog.pcap');
      const filter = `tcp and host ${web} and host ${catalog}`;
      const capture = run('nsenter', [
        '-t',
        `${node}`,
        '-n',
        'timeout',
        '5',
        'tcpdump',
        '-i',
        'any',
        '-U',
        '-w',
        file,
        ...filter.split(' '),
      ]).catch(() => undefined);
      await sleep(1500);
      for (let request = 0; request < 5; request++) await answerOf();
      await capture;
      const packets = async (...more: readonly string[]) =>
        (await run('tcpdump', ['-r', file, '-A', ...more], { maxBuffer: 64 << 20 })).stdout;
      const text = await packets();
      expect(text).not.toMatch(/GET \/items|"items"|x-forwarded-client-cert/);
      // The first byte of a segment's payload: TLS application data. The front page's two calls a second make it plenty.
      const records = await packets('tcp[((tcp[12] & 0xf0) >> 2)] = 0x17');
      expect(records.split('\n').filter((line) => line.includes('Flags')).length).toBeGreaterThan(5);
      const greeting = await mesh.weft(
        ...['exec', 'deploy/batch', '-n', 'legacy', '--', 'sh', '-c'],
        `echo | timeout 5 openssl s_client -connect ${catalog}:8080 -alpn istio-http/1.1 -showcerts 2>&1`,
      );
      expect(greeting.stdout).toContain('Requested Signature Algorithms');
      const certificate = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/.exec(greeting.stdout)?.[0] ?? '';
      expect(new X509Certificate(certificate).subjectAltName).toContain('URI:spiffe://cluster.local/ns/shop/sa/catalog');
    },
  );

  it('follows outboundTrafficPolicy for hosts that nobody knows', async () => {
    const blocked = `apiVersion: mesh.weft.dev/v1alpha1\nkind: MeshConfig\nmetadata: {name: default, namespace: istio-system}\nspec:\n  outboundTrafficPolicy: {mode: REGISTRY_ONLY}\n`;
    const ask = () =>
      exec('curl', '-s', '-o', '/dev/null', '-w', '%{http_code}', '-m', '5', '-H', 'Host: unknown.example', 'http://192.0.2.10:8080/');
    writeFileSync(join(mesh.folder, 'mesh.yaml'), blocked);
    await mesh.applied();
    expect((await ask()).stdout).toBe('502');
    // A connection that is not HTTP is closed: nobody greets.
    await exec('curl', '-s', '-m', '5', 'telnet://192.0.2.10:9');
    edit('mesh.yaml', (text) => text.replace('REGISTRY_ONLY', 'ALLOW_ANY'));
    await mesh.applied();
    expect((await ask()).stdout).not.toBe('502');
  });

  it('counts what goes past the mesh, and what may not, under the names that Istio gives them, and the gateway as a caller', async () => {
    const samples = async (metric: string) =>
      parseExposition((await mesh.weft('metrics')).stdout, 'text')
        .families.flatMap(({ samples }) => samples)
        .filter(({ name, labels }) => name === metric && labels['reporter'] === 'source');
    const counted = (workload: string, service: string, metric = 'istio_requests_total') =>
      until(`${metric} of ${workload} to ${service}`, async () =>
        (await samples(metric)).find(
          ({ labels }) => labels['source_workload'] === workload && labels['destination_service_name'] === service,
        ),
      );
    expect((await counted('web', 'BlackHoleCluster')).labels).toMatchObject({ destination_service: 'unknown', response_code: '502' });
    for (const metric of ['istio_tcp_connections_opened_total', 'istio_tcp_connections_closed_total'])
      expect((await counted('web', 'BlackHoleCluster', metric)).labels).toMatchObject({ request_protocol: 'tcp', response_flags: 'UH' });
    expect((await counted('web', 'PassthroughCluster')).labels).toMatchObject({
      ...{ destination_workload: 'unknown', destination_principal: 'unknown', connection_security_policy: 'unknown' },
    });
    expect((await counted('istio-ingressgateway', 'web')).labels).toMatchObject({
      ...{
        source_workload_namespace: 'istio-ingress',
        source_principal: 'spiffe://cluster.local/ns/istio-ingress/sa/istio-ingressgateway',
      },
      ...{ destination_service: 'web.shop.svc.cluster.local', destination_workload: 'web', response_code: '200' },
    });
  });

  it('moves all traffic within one second when a weight changes', async () => {
    const versionVia = async (path: string): Promise<string | undefined> => {
      const answer = await answerOf(path);
      return path === '/' ? answer.calls?.catalog?.version : answer.version;
    };
    for (const path of ['/', '/catalog']) {
      expect(await versionVia(path), path).toBe('v1');
    }
    const move = async (version: string, ...shares: Parameters<typeof weights>): Promise<number> => {
      edit('catalog.yaml', weights(...shares));
      const changed = Date.now();
      await until(`the front page shows ${version}`, async () => ((await versionVia('/')) === version ? true : undefined), 60_000, 20);
      const took = Date.now() - changed;
      await mesh.applied();
      for (let request = 0; request < 20; request++) expect(await versionVia('/')).toBe(version);
      return took;
    };
    // The fastest of four, since others may use the machine.
    const times = [await move('v2', 0, 100), await move('v1', 100, 0), await move('v2', 0, 100), await move('v1', 100, 0)];
    expect(Math.min(...times)).toBeLessThan(1000);
  });

  it(
    `loses no request while a weight moves ${moves} times back and forth`,
    async () => {
      const load = startLoad({ url: `${mesh.gateway}/catalog`, perSecond });
      // The gateway asks the catalog itself there; here web's sidecar does.
      const inside = startLoad({ url: `${mesh.gateway}/`, perSecond: perSecondInside });
      for (let move = 0; move < moves; move++) {
        edit('catalog.yaml', move % 2 === 0 ? weights(0, 100) : weights(100, 0));
        await sleep(200);
      }
      await until('the last move to be live', async () => (await answerOf('/catalog')).version === 'v1' || undefined);
      const outcomes = await load.stop();
      expect(outcomes.length).toBeGreaterThan((moves * perSecond) / 8);
      expect(failed([...outcomes, ...(await inside.stop())])).toEqual([]);
      expect(new Set(outcomes.map(({ body }) => (JSON.parse(body) as Answer).version))).toEqual(new Set(['v1', 'v2']));
    },
    moves * 400 + 30_000,
  );
});

describe('docs/traffic.md', () => {
  it('says what happens in the shop', async () => {
    const page = readFileSync(join(root, 'docs/traffic.md'), 'utf8');
    expect(stepsOf(page).length).toBeGreaterThan(3);
    expect((await walk(mesh, page)).join('\n\n')).toBe('');
  });
});

describe('the end', () => {
  it('leaves no process and no mount behind after Ctrl-C', async () => {
    const processes = family(mesh.up.pid ?? 0);
    expect(processes.length).toBeGreaterThan(20);
    await mesh.stop();
    await until('all processes ended', () => (processes.some((pid) => family(pid).length > 0 && alive(pid)) ? undefined : true), 20_000);
    expect(traces()).toEqual(before);
  }, 60_000);
});

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
