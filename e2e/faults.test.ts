/** What breaks, and what must not be noticed of it: outages of weftd, deaths of Envoys, bad files. */
import { appendFileSync, existsSync, globSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProxyStatus } from '@weft/model';
import type { AccessRecord, StoredRecord } from '@weft/signals';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { faults } from '../compile/faults/table.ts';
import { failed, startLoad } from './load.ts';
import { type Mesh, root, startMesh, until } from './mesh.ts';

const isLong = process.env.WEFT_LONG === '1';
const outageSeconds = isLong ? 120 : 20;
const perSecond = isLong ? 200 : 50;
/** Good objects beside the bad ones. */
const neighbours = isLong ? 500 : 100;

let mesh: Mesh;
beforeAll(async () => {
  mesh = await startMesh({ folder: join(root, 'examples/shop') });
}, 180_000);
afterAll(async () => {
  await mesh?.stop();
}, 60_000);

/** A GET on Envoy's admin socket, which only root and the agent reach. */
const admin = (socketPath: string, path: string): Promise<string> =>
  new Promise((resolve, reject) => {
    request({ socketPath, path, headers: { host: 'envoy' } }, (incoming) => {
      let text = '';
      incoming.on('data', (chunk) => {
        text += String(chunk);
      });
      incoming.on('end', () => resolve(text));
    })
      .on('error', reject)
      .end();
  });

/** They lie in a /run that only the mesh's own processes have: seen through one of those. */
const adminSockets = (): readonly string[] => {
  const [init = 0] = mesh.pids('sh', 'weft-init');
  const pods = `/proc/${init}/root/run/weft/p`;
  return readdirSync(pods)
    .filter((pod) => readdirSync(join(pods, pod)).includes('admin.sock'))
    .map((pod) => join(pods, pod, 'admin.sock'));
};

/** Everything that says an Envoy was told something, summed by name. */
const updates = async (socket: string): Promise<Readonly<Record<string, number>>> => {
  const text = await admin(
    socket,
    '/stats?filter=(listener_modified|cluster_modified|cluster_added|cluster_removed|listener_added|listener_removed|update_success)$',
  );
  const counts: Record<string, number> = {};
  for (const line of text.split('\n')) {
    const [name = '', value = ''] = line.split(': ');
    // Secrets come from the agent, which renews them on its own time.
    if (name !== '' && !name.startsWith('sds.') && !name.includes('.sds.') && !name.includes('client_ssl_socket'))
      counts[name] = Number(value);
  }
  return counts;
};

const killWeftd = async (): Promise<void> => {
  const [weftd = 0] = mesh.pids('weftd.js');
  expect(weftd).toBeGreaterThan(1);
  process.kill(weftd, 'SIGKILL');
};

/** weftd stays away while `weft up`, which would start it again, is stopped. */
const whileWeftdIsAway = async (work: () => Promise<void>): Promise<void> => {
  mesh.up.kill('SIGSTOP');
  try {
    await killWeftd();
    await work();
  } finally {
    mesh.up.kill('SIGCONT');
  }
  await until('weftd is back', async () => (await mesh.isReady()) || undefined, 60_000, 200);
  await mesh.applied(20);
};

/** One page of answers has at most so many; the next one is what came before its last. */
const page = 10_000;

const recordsOf = async (query: Readonly<Record<string, string>>): Promise<readonly AccessRecord[]> => {
  const { items } = await mesh.get<{ items: readonly StoredRecord[] }>(`/records?${new URLSearchParams({ ...query, limit: `${page}` })}`);
  return items.map(({ record }) => record);
};

/** How many records of requests below a path there are; where they are many, each of them has its own id there. */
const recorded = async (path: string): Promise<number> => {
  const ids = new Set<string>();
  for (let until: Readonly<Record<string, string>> = {}; ; ) {
    const records = await recordsOf({ path, ...until });
    const last = records.at(-1);
    if (ids.size === 0 && records.length < page) return records.length;
    for (const { side, request: part } of records) ids.add(`${side} ${part?.id}`);
    if (records.length < page || !last) return ids.size;
    until = { until: `${last.at + 1}` };
  }
};

/** Of many, a count alone takes seconds; and weftd may have to come back first. */
const patience = isLong ? 180_000 : 60_000;

/** Never more, and soon no less: each line that an Envoy wrote counts, and counts once. */
const untilRecorded = async (path: string, count: number): Promise<void> => {
  await until(`${count} records of ${path}`, async () => ((await recorded(path)) >= count ? true : undefined), patience, 500);
  await sleep(500);
  expect(await recorded(path)).toBe(count);
};

describe('an outage of weftd', () => {
  it(
    `of ${outageSeconds} s under load fails no request, and its return changes nothing on any Envoy`,
    async () => {
      const sockets = adminSockets();
      expect(sockets.length).toBeGreaterThanOrEqual(9);
      const before = await Promise.all(sockets.map(updates));
      const load = startLoad({ url: `${mesh.gateway}/load`, perSecond });
      await sleep(1000);
      await whileWeftdIsAway(() => sleep(outageSeconds * 1000));
      await sleep(2000);
      const outcomes = await load.stop();
      expect(outcomes.length).toBeGreaterThan((outageSeconds * perSecond) / 2);
      expect(failed(outcomes)).toEqual([]);
      expect(await Promise.all(sockets.map(updates))).toEqual(before);
      await untilRecorded('/load', 2 * outcomes.length);
    },
    outageSeconds * 1000 + 90_000 + patience,
  );

  it('does not keep a killed Envoy from coming back with its configuration and identity within 5 s', async () => {
    const restart = async (): Promise<number> => {
      const [envoy = 0] = mesh.pids('envoy', 'web-');
      expect(envoy).toBeGreaterThan(1);
      process.kill(envoy, 'SIGKILL');
      const killed = Date.now();
      const answer = await until('web answers again', async () => {
        const response = await fetch(`${mesh.gateway}/`);
        return response.status === 200 ? ((await response.json()) as { calls: { catalog: { caller: string } } }) : undefined;
      });
      const took = Date.now() - killed;
      expect(answer.calls.catalog.caller).toBe('spiffe://cluster.local/ns/shop/sa/web');
      return took;
    };
    await whileWeftdIsAway(async () => {
      const took = await restart();
      // Others may use the machine: what took too long is done once more.
      if (took >= 5000) expect(await restart()).toBeLessThan(5000);
    });
  }, 240_000);
});

/** In files that have not been taken yet. */
const writtenLines = (path: string): number =>
  globSync(join(mesh.home, 'records/*/{*,out/*}.jsonl'))
    .flatMap((file) => readFileSync(file, 'utf8').split('\n'))
    .filter((line) => line.includes(`"path":"${path}`)).length;

describe('records', () => {
  const requests = 60;

  const ask = async (path: string): Promise<void> => {
    for (let index = 0; index < requests; index += 1) expect((await fetch(`${mesh.gateway}${path}/${index}`)).status).toBe(200);
  };

  const awaySeconds = isLong ? 600 : 8;

  it(
    `that Envoys have written are all there, once each, after ${awaySeconds} s without weftd in which an Envoy and the agent were killed`,
    async () => {
      const all = 4 * requests;
      await whileWeftdIsAway(async () => {
        const long = sleep(awaySeconds * 1000);
        await ask('/kept');
        await until('all is written', () => (writtenLines('/kept') === all / 2 ? true : undefined));
        mesh.kill('envoy', 'web-');
        await until('web answers again', async () => ((await fetch(`${mesh.gateway}/`)).status === 200 ? true : undefined));
        await ask('/kept');
        await until('all is written', () => (writtenLines('/kept') === all ? true : undefined));
        await long;
        const [agent = 0] = mesh.pids('agent.js', 'host');
        process.kill(agent, 'SIGKILL');
      });
      // Whatever it was taking in right now has to come again.
      await killWeftd();
      await untilRecorded('/kept', all);
      expect(existsSync(join(mesh.home, 'telemetry/requests.db'))).toBe(true);
    },
    awaySeconds * 1000 + 120_000 + patience,
  );

  it('that are cut off are counted, and `weft status` and `weft access` tell it', async () => {
    const [file = ''] = globSync(join(mesh.home, 'records/*/out/records.jsonl'));
    appendFileSync(file, '{"v":1,"cut":\n');
    const told = 'records that were not kept, since ever: 1 damaged';
    await until('status tells it, and that all is well', async () => {
      await fetch(`${mesh.gateway}/`);
      const { stdout, stderr } = await mesh.weft('status');
      return (stderr.includes(told) && stdout.includes('ready        yes')) || undefined;
    });
    expect((await mesh.weft('access')).stderr).toContain(told);
  }, 60_000);

  it('of one request say who called and who was called, within two seconds', async () => {
    await until('web answers again', async () => ((await fetch(`${mesh.gateway}/`)).status === 200 ? true : undefined));
    const asked = Date.now();
    await fetch(`${mesh.gateway}/once`);
    const found = await until('both records', async () => {
      const { items } = await mesh.json<{ items: readonly AccessRecord[] }>('access', '--path', '/once', '--to', 'shop/web');
      return items.length === 2 ? items : undefined;
    });
    // A command of its own takes some of the time, and others may use the machine.
    expect(Date.now() - asked).toBeLessThan(4_000);
    const principal = 'spiffe://cluster.local/ns/istio-ingress/sa/istio-ingressgateway';
    for (const { source, destination, mtls } of found) {
      expect({ source, destination, mtls }).toMatchObject({
        source: { principal, workload: 'istio-ingressgateway' },
        destination: { principal: 'spiffe://cluster.local/ns/shop/sa/web', workload: 'web', service: 'web.shop.svc.cluster.local' },
        mtls: true,
      });
    }
    expect(found[0]?.request?.id).toBe(found[1]?.request?.id);
  }, 60_000);
});

const bystander = (name: string): string =>
  `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}, namespace: shop}\nspec: {ports: [{name: http, port: 80}]}\n`;

describe('bad files', () => {
  const bad: Readonly<Record<string, string>> = {
    'broken.yaml': 'apiVersion: v1\nkind: [unclosed\n',
    'unknown-field.yaml':
      'apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: u, namespace: shop}\nspec:\n  hosts: [u.example]\n  colour: red\n',
    'wrong-type.yaml':
      'apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: w, namespace: shop}\nspec:\n  hosts: nine\n',
    'nowhere.yaml':
      'apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: n, namespace: shop}\nspec:\n  hosts: [n.example]\n  http:\n  - route: [{destination: {host: nowhere}}]\n',
    'second-host.yaml':
      'apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: zz-catalog, namespace: shop}\nspec:\n  hosts: [catalog]\n  http:\n  - route: [{destination: {host: catalog, subset: v2}}]\n',
    'zero.yaml':
      'apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: z, namespace: shop}\nspec:\n  hosts: [z.example]\n  http:\n  - route: [{destination: {host: web}, weight: 0}, {destination: {host: cart}, weight: 0}]\n',
    'regex.yaml':
      'apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: r, namespace: shop}\nspec:\n  hosts: [r.example]\n  http:\n  - match: [{uri: {regex: "(?!x)"}}]\n    route: [{destination: {host: web}}]\n',
    'proto.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata: {name: p, labels: {__proto__: {polluted: "yes"}}}\n',
    'bomb.yaml': `a: &a [x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b]\nd: &d [*c, *c, *c, *c, *c]\ne: [*d, *d, *d, *d, *d]\n`,
    'huge.yaml': `apiVersion: v1\nkind: Namespace\nmetadata:\n  name: huge\n  annotations:\n    text: ${'x'.repeat(5 << 20)}\n`,
  };

  it('are each told with file and line, and touch no neighbour, also after every Envoy was restarted', async () => {
    const good = Array.from(
      { length: neighbours },
      (_, index) =>
        `apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {name: good-${index}, namespace: shop}\nspec:\n  hosts: [good-${index}.example]\n  resolution: STATIC\n  location: MESH_EXTERNAL\n  ports: [{number: 80, name: http, protocol: HTTP}]\n  endpoints: [{address: 192.0.2.${index % 250}}]\n`,
    ).join('---\n');
    writeFileSync(join(mesh.folder, 'good.yaml'), good);
    for (const [file, text] of Object.entries(bad)) writeFileSync(join(mesh.folder, file), text);
    await mesh.applied();
    const { items } = await mesh
      .json<{ items: { file?: string; line?: number; message: string; help: string }[] }>('analyze')
      .catch(async () => {
        const result = await mesh.weft('analyze', '-o', 'json');
        return JSON.parse(result.stdout) as { items: { file?: string; line?: number; message: string; help: string }[] };
      });
    for (const file of Object.keys(bad)) {
      const found = items.filter((finding) => finding.file?.endsWith(file));
      expect(found, file).not.toEqual([]);
      expect(
        found.every((finding) => finding.message !== '' && finding.help !== ''),
        file,
      ).toBe(true);
    }
    const answers = async (): Promise<void> => {
      const response = await fetch(`${mesh.gateway}/`);
      const body = (await response.json()) as { calls: { catalog: { version: string } } };
      expect(response.status).toBe(200);
      expect(body.calls.catalog.version).toBe('v1');
      const config = await mesh.json<Record<string, unknown>>('config', 'deploy/web', '-n', 'shop', 'clusters');
      expect(Object.keys(config).filter((name) => name.includes('good-')).length).toBe(neighbours);
    };
    await answers();
    mesh.kill('envoy', '-c');
    await until('the shop answers again', async () => ((await fetch(`${mesh.gateway}/`)).status === 200 ? true : undefined), 60_000, 200);
    await mesh.applied();
    await answers();
  }, 120_000);

  it('with all that Envoy would refuse, misunderstand or die of reach no Envoy: no NACK, no death, and restarts serve as before', async () => {
    const manifests = faults.map(({ manifest }, index) =>
      // Rules of their own, for services that nobody calls.
      manifest
        .replace('name: bad,', `name: bad-${index},`)
        .replaceAll(/\bweb\b/g, 'bystander')
        .replaceAll(/\bcart\b/g, 'bystander-2'),
    );
    const envoys = mesh.pids('envoy', '-c');
    writeFileSync(join(mesh.folder, 'faults.yaml'), [bystander('bystander'), bystander('bystander-2'), ...manifests].join('---\n'));
    const isAsBefore = async (): Promise<void> => {
      const proxies = await until('every proxy is in step', async () => {
        const { items } = await mesh.get<{ items: readonly ProxyStatus[] }>('/proxies');
        return items.every(({ inStep }) => inStep) ? items : undefined;
      });
      expect(proxies.filter(({ lastNack }) => lastNack !== null)).toEqual([]);
      expect((await fetch(`${mesh.gateway}/`)).status).toBe(200);
    };
    await mesh.applied();
    await isAsBefore();
    const told = JSON.parse((await mesh.weft('analyze', '-o', 'json')).stdout) as { items: { resource?: { name: string } }[] };
    const names = new Set(told.items.map(({ resource }) => resource?.name));
    expect(faults.filter((_, index) => !names.has(`bad-${index}`))).toEqual([]);
    expect(mesh.pids('envoy', '-c')).toEqual(envoys);
    mesh.kill('envoy', '-c');
    await until('the shop answers again', async () => ((await fetch(`${mesh.gateway}/`)).status === 200 ? true : undefined), 60_000, 200);
    await isAsBefore();
  }, 180_000);

  it('that would protect are refused by apply, with all beside them, with exit status 65', async () => {
    const file = join(mesh.home, '..', 'authz.yaml');
    writeFileSync(
      file,
      'apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: deny, namespace: shop}\nspec: {action: DENY}\n',
    );
    const result = await mesh.weft('apply', '-f', file);
    expect(result.code).toBe(65);
    expect(result.stderr + result.stdout).toContain('AuthorizationPolicy');
  });

  it('are tried without being applied, and the answer says so', async () => {
    const file = join(mesh.home, '..', 'tried.yaml');
    writeFileSync(file, 'apiVersion: v1\nkind: Namespace\nmetadata: {name: tried}\n');
    const apply = async (...options: readonly string[]) => (await mesh.weft('apply', '-f', file, ...options)).stdout.trim();
    expect(await apply('--dry-run')).toBe('Namespace tried created (dry run)');
    expect(await apply()).toBe('Namespace tried created');
  });

  it('do not let the API write what a file owns', async () => {
    const file = join(mesh.home, '..', 'owned.yaml');
    writeFileSync(
      file,
      'apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: default, namespace: warehouse}\nspec: {mtls: {mode: DISABLE}}\n',
    );
    const result = await mesh.weft('apply', '-f', file);
    expect(result.code).not.toBe(0);
    expect(result.stderr + result.stdout).toMatch(/warehouse\.yaml/);
  });
});
