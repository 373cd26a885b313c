/** Weights, localities, changing endpoints and conflicting rules, on one mesh of echo servers; counted by who answered. */
import { execFile } from 'node:child_process';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Status } from '@weft/model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { extreme, isLikely } from './chance.ts';
import { failed, startLoad } from './load.ts';
import { type Mesh, root, startMesh, until } from './mesh.ts';

const isLong = process.env.WEFT_LONG === '1';
const churnSeconds = isLong ? 300 : 6;
const perSecond = isLong ? 200 : 100;

let mesh: Mesh;
beforeAll(async () => {
  mesh = await startMesh({ folder: join(root, 'e2e/routing') });
}, 180_000);
afterAll(async () => {
  await mesh?.stop();
}, 60_000);

/** How many of `n` answers each status and version gave: `200 v1` → 903. */
type Counts = Readonly<Record<string, number>>;

const countsIn = (text: string): Counts =>
  Object.fromEntries(
    text
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .map(([count, ...key]) => [key.join(' '), Number(count)]),
  );

const fromClient = async (url: string, n: number, ...flags: readonly string[]): Promise<Counts> => {
  const result = await mesh.weft('exec', 'deploy/client', '--', 'node', 'ask.mjs', url, '-n', `${n}`, ...flags);
  expect(result.code, result.stderr).toBe(0);
  return countsIn(result.stdout);
};

const fromOutside = (host: string, path: string, n: number): Promise<Counts> =>
  new Promise((resolve, reject) => {
    const program = join(root, 'examples/echo/ask.mjs');
    const words = [program, `${mesh.gateway}${path}`, '-n', `${n}`, '-H', `host: ${host}.echo.svc.cluster.local`];
    execFile(process.execPath, words, (error, stdout) => (error ? reject(error) : resolve(countsIn(stdout))));
  });

/** Beside, then renamed over, as an editor does. */
const write = (file: string, text: string): void => {
  const path = join(mesh.folder, file);
  writeFileSync(`${path}.tmp`, text);
  renameSync(`${path}.tmp`, path);
};

describe('weights', () => {
  const cases = [
    { path: '/90-10', share: 0.1 },
    { path: '/50-50', share: 0.5 },
    { path: '/1-3', share: 0.75 },
    { path: '/100-0', share: 0 },
  ];
  const sides = {
    'a sidecar': (path: string, n: number) => fromClient(`http://echo:8080${path}`, n),
    'the gateway': (path: string, n: number) => fromOutside('echo', path, n),
  };

  for (const [side, ask] of Object.entries(sides))
    it.each(cases)(`at ${side}: $path gives v2 a share of $share, within what chance allows`, async ({ path, share }) => {
      const ofV2 = async (n: number): Promise<number> => {
        const { '200 v1': v1 = 0, '200 v2': v2 = 0 } = await ask(path, n);
        expect(v1 + v2).toBe(n);
        return v2;
      };
      // One right count in a thousand lies outside the interval of 99.9 %: a second, larger one decides.
      if (isLikely(await ofV2(1000), 1000, share)) return;
      const decisive = await ofV2(5000);
      expect(isLikely(decisive, 5000, share, extreme), `${decisive} of 5000`).toBe(true);
    });
});

describe('localities', () => {
  it('keep requests near, send them on when near ones fail, and back when those recovered', async () => {
    const ask = (path: string, n: number) => fromClient(`http://regional:8080${path}`, n, '-c', '2');
    expect(await ask('/', 100)).toEqual({ '200 v1': 100 });
    // Five in a row of each of the two near servers at least; Envoy tells its workers of a second ejection up to a second later.
    const failing = await ask('/v1/0/503', 20);
    expect(failing['503 v1']).toBeGreaterThanOrEqual(10);
    // On a slow machine the near ones are back before they are asked again; they fail again then, and are left out for longer.
    const isFar = async () => (await ask('/v1/0/503', 50))['200 v2'] === 50;
    await until('the far ones answer', async () => ((await isFar()) ? true : undefined), 90_000, 200);
    await until('the near ones are back', async () => ((await ask('/', 10))['200 v1'] === 10 ? true : undefined), 90_000, 500);
  }, 300_000);
});

interface Pods {
  readonly items: readonly { readonly metadata: { readonly name: string }; readonly status: { readonly podIP: string } }[];
}

const sliceOf = (addresses: readonly string[]): string =>
  `apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: pool-1, namespace: echo, labels: {kubernetes.io/service-name: pool}}
addressType: IPv4
ports: [{name: http, port: 8080}]
endpoints: [${addresses.map((address) => `{addresses: [${address}]}`).join(', ')}]
`;

const revision = async (): Promise<number> => (await mesh.get<Status>('/status')).revision;

describe('endpoints', () => {
  it(
    `that change 20 times a second for ${churnSeconds} s lose no request of ${perSecond} a second`,
    async () => {
      const { items } = await mesh.json<Pods>('get', 'pods', '-n', 'echo');
      const addresses = items.filter(({ metadata }) => metadata.name.startsWith('echo-')).map(({ status }) => status.podIP);
      expect(addresses.length).toBe(4);
      write('pool.yaml', sliceOf(addresses));
      await mesh.applied();
      const first = await revision();
      const load = startLoad({ url: `${mesh.gateway}/`, perSecond, headers: { host: 'pool.echo.svc.cluster.local' } });
      // The gateway's Envoy chooses there; here the client's own.
      let over = false;
      const inside = (async () => {
        const rounds: Counts[] = [];
        while (!over) rounds.push(await fromClient('http://pool:8080/', 1000, '-c', '1', '--by', 'method'));
        return rounds;
      })();
      // Files that change faster than they are read count once, and a busy machine reads them late: there it goes on for longer.
      const isEnough = async () => (await revision()) - first > churnSeconds * 4;
      const began = Date.now();
      for (let change = 0; change < churnSeconds * 20 || change % 20 !== 0 || !(await isEnough()); change++) {
        // One to three of the four, a different set each time.
        write('pool.yaml', sliceOf(addresses.filter((_, index) => ((change % 14) + 1) & (1 << index))));
        await sleep(Math.max(0, began + (change + 1) * 50 - Date.now()));
      }
      write('pool.yaml', sliceOf(addresses.slice(0, 1)));
      await mesh.applied();
      const settled = Date.now();
      await sleep(500);
      const outcomes = await load.stop();
      expect(outcomes.length).toBeGreaterThan(churnSeconds * perSecond * 0.75);
      expect(failed(outcomes)).toEqual([]);
      over = true;
      for (const round of await inside) expect(round).toEqual({ '200 GET': 1000 });
      const podsOf = (some: typeof outcomes) => new Set(some.map(({ body }) => (JSON.parse(body) as { pod: string }).pod));
      expect(podsOf(outcomes).size).toBe(4);
      expect(podsOf(outcomes.filter(({ startedAt }) => startedAt > settled)).size).toBe(1);
    },
    churnSeconds * 1000 + 180_000,
  );

  it('that stop, one after another, lose no request: new pods serve before old ones end', async () => {
    const load = startLoad({ url: `${mesh.gateway}/50-50`, perSecond: 100, headers: { host: 'echo.echo.svc.cluster.local' } });
    const before = (await mesh.json<Pods>('get', 'pods', '-n', 'echo')).items.map(({ metadata }) => metadata.name);
    await sleep(500);
    expect((await mesh.weft('restart', 'deploy/echo-v1')).code).toBe(0);
    const old = before.filter((name) => name.startsWith('echo-v1'));
    const isReplaced = async () => {
      const now = (await mesh.json<Pods>('get', 'pods', '-n', 'echo')).items.map(({ metadata }) => metadata.name);
      return now.filter((name) => name.startsWith('echo-v1')).length === 2 && !old.some((name) => now.includes(name)) ? true : undefined;
    };
    await until('the pods are replaced', isReplaced, 60_000, 500);
    await mesh.applied();
    await sleep(1000);
    expect(failed(await load.stop())).toEqual([]);
  });
});

describe('two owners of one host', () => {
  /** A VirtualService that leaves its name in the request, and a DestinationRule that says whom `chosen` means. */
  const claim = (name: string, version: string): string =>
    `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: ${name}, namespace: echo}
spec:
  hosts: [contested]
  http:
  - headers: {request: {set: {x-rule: ${name}}}}
    route: [{destination: {host: contested, subset: chosen}}]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: ${name}, namespace: echo}
spec:
  host: contested
  subsets: [{name: chosen, labels: {version: ${version}}}]
`;
  const winner = async (): Promise<string> => {
    await mesh.applied();
    const counts = await fromClient('http://contested:8080/', 20, '-c', '2', '--by', 'version,headers.x-rule');
    expect(Object.keys(counts).length).toBe(1);
    return Object.keys(counts)[0] ?? '';
  };

  it('have the same winner in whatever order and files they are, and after a restart of weftd', async () => {
    const [zebra, ant] = [claim('zebra', 'v1'), claim('ant', 'v2')];
    write('rule-1.yaml', zebra);
    expect(await winner()).toBe('200 v1 zebra');
    write('rule-2.yaml', ant);
    // Files tell no age, so the name decides, whichever was there before [S17, S47].
    const first = '200 v2 ant';
    expect(await winner()).toBe(first);
    const { items } = await mesh.json<{ items: { message: string }[] }>('analyze').catch(async () => {
      return JSON.parse((await mesh.weft('analyze', '-o', 'json')).stdout) as { items: { message: string }[] };
    });
    expect(items.some(({ message }) => message.includes('contested'))).toBe(true);
    write('rule-2.yaml', `${zebra}---\n${ant}`);
    rmSync(join(mesh.folder, 'rule-1.yaml'));
    expect(await winner()).toBe(first);
    write('rule-2.yaml', `${ant}---\n${zebra}`);
    expect(await winner()).toBe(first);
    const [weftd = 0] = mesh.pids('weftd.js');
    process.kill(weftd, 'SIGKILL');
    await until('weftd is back', async () => (await mesh.isReady()) || undefined, 60_000, 200);
    expect(await winner()).toBe(first);
  });
});
