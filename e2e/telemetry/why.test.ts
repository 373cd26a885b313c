/** What records answer on a whole mesh: why somebody was refused, what failed where and what to change, who comes in plaintext. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GoldenSignals, Journey } from '@weft/model';
import type { AccessRecord, MtlsReport, StrictPlan, Top, Why } from '@weft/signals';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Mesh, root, startMesh, until } from '../mesh.ts';

let mesh: Mesh;

/** curl's output in the pod, and its exit code where it got no answer. */
const curl = async (from: 'web' | 'batch', ...args: readonly string[]): Promise<string> => {
  const namespace = from === 'web' ? 'why' : 'legacy';
  const { stdout, code } = await mesh.weft('exec', '-n', namespace, `deploy/${from}`, '--', 'curl', '-s', '-m', '5', ...args);
  return stdout.trim() || `exit ${code}`;
};

const status = (from: 'web' | 'batch', url: string, ...args: readonly string[]): Promise<string> =>
  curl(from, '-o', '/dev/null', '-w', '%{http_code}', url, ...args);

/** Of the API itself: a program for each look would take most of the time. */
const ask = async (path: string, token = 'token') => {
  const bearer = readFileSync(join(mesh.home, token), 'utf8').trim();
  return fetch(`${mesh.api}/api/v1/${path}`, { headers: { authorization: `Bearer ${bearer}` } });
};

const told = async <T>(path: string): Promise<T> => {
  const answer = await ask(path);
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
};

const denialOf = (answer: string): string => /x-weft-denial-id: (\S+)/.exec(answer)?.[1] ?? '';

/** As soon as its record is there. */
const why = (id: string, isWhole: (why: Why) => boolean = () => true): Promise<Why> =>
  until(
    `the record of ${id}`,
    async () => {
      const found = await told<Why>(`why/${id}`);
      return isWhole(found) ? found : undefined;
    },
    15_000,
  );

const causeOf = ({ hops, cause = -1 }: Why) => hops[cause];

beforeAll(async () => {
  mesh = await startMesh({ folder: join(root, 'e2e/telemetry/why') });
}, 180_000);

afterAll(async () => {
  await mesh?.stop();
}, 60_000);

describe('the id of a refusal', () => {
  test('tells the rule that refused, its first condition and its line', async () => {
    const found = await why(denialOf(await curl('web', '-i', 'http://ledger/admin')), ({ hops }) =>
      hops.some(({ caller, server }) => caller && server),
    );
    expect(found).toMatchObject({
      about: 'refusal',
      hops: [{ from: 'why/web', to: 'why/ledger', caller: { side: 'source' }, server: { side: 'destination' } }],
      refused: {
        agrees: true,
        rule: { namespace: 'why', name: 'no-admin', path: 'spec.rules[0]', file: expect.stringContaining('mesh.yaml') },
        record: { source: { principal: 'spiffe://cluster.local/ns/why/sa/web' } },
        judgement: {
          hop: { verdict: { by: { policy: 'no-admin', condition: 'spec.rules[0].to[0].operation.paths' } } },
          configuration: { moment: 'then', changedSince: false },
        },
      },
    });
    expect(causeOf(found)?.diagnosis?.remedies).toMatchObject([{ kind: 'AuthorizationPolicy', object: { name: 'no-admin' } }]);
  });

  test('tells the nearest rule and the smallest change, of the configuration that was in force then', async () => {
    const id = denialOf(await curl('web', '-i', '-X', 'POST', 'http://ledger/entries'));
    const before = await why(id, ({ refused }) => refused !== undefined);
    const nearest = { nearest: { policy: 'readers' }, change: 'the method is POST, and has to be one of [GET]' };
    expect(before.refused).toMatchObject({ agrees: true, judgement: { hop: { verdict: nearest } } });
    const file = join(mesh.folder, 'mesh.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace('methods: [GET]', 'methods: [GET, POST]'));
    await mesh.applied(30);
    expect(await status('web', 'http://ledger/entries', '-X', 'POST')).toBe('200');
    const after = await why(id);
    expect(after.refused).toMatchObject({
      agrees: true,
      judgement: { hop: { verdict: nearest }, configuration: { moment: 'then', changedSince: true } },
    });
    expect((await mesh.weft('why', id)).stdout).toContain('needed: the method is POST, and has to be one of [GET]');
  });

  test('of a connection stands in the proxy’s log', async () => {
    await curl('web', 'telnet://ledger:5432');
    const log = () => mesh.weft('logs', '--proxy', '-n', 'why', 'deploy/ledger');
    const id = await until('the log', async () => /"denial":"(\d+-\d+)"/.exec((await log()).stdout)?.[1], 10_000);
    expect(await why(id)).toMatchObject({
      about: 'refusal',
      refused: { agrees: true, record: { source: { principal: 'spiffe://cluster.local/ns/why/sa/web' }, verdict: { by: 'policy' } } },
    });
  });
});

describe('a failed request', () => {
  const failedAt = async (url: string, id: string, expected: string) => {
    expect(await status('web', url, '-H', `x-request-id: ${id}`)).toBe(expected);
    const found = await why(id, ({ hops }) => hops.some(({ caller }) => caller));
    return { about: found.about, ...causeOf(found) };
  };

  test('for want of a healthy server names the Service', async () => {
    expect(await failedAt('http://gone/', 'gone-1', '503')).toMatchObject({
      about: 'failure',
      diagnosis: {
        hop: 'caller',
        flags: [{ flag: 'UH' }],
        remedies: expect.arrayContaining([{ kind: 'Service', field: 'spec.selector', object: expect.objectContaining({ name: 'gone' }) }]),
      },
      now: expect.stringContaining('it has no ready endpoint'),
    });
  });

  test('for want of time names the route', async () => {
    expect(await failedAt('http://ledger/delay/900', 'slow-1', '504')).toMatchObject({
      diagnosis: {
        hop: 'between',
        flags: expect.arrayContaining([expect.objectContaining({ flag: 'UT', by: 'caller' })]),
        remedies: expect.arrayContaining([
          expect.objectContaining({ kind: 'VirtualService', object: expect.objectContaining({ name: 'ledger' }) }),
        ]),
      },
    });
  });

  test('for want of room names the limit', async () => {
    const urls = Array.from({ length: 6 }, () => 'http://narrow/delay/400');
    await curl(
      'web',
      '-o',
      '/dev/null',
      '--parallel',
      '--parallel-immediate',
      '-H',
      'x-request-id: over-1',
      ...urls.flatMap((url) => [url, '-o', '/dev/null']),
    );
    const found = await why('over-1', (all) => all.about === 'failure');
    expect(causeOf(found)).toMatchObject({
      diagnosis: {
        hop: 'caller',
        flags: expect.arrayContaining([expect.objectContaining({ flag: 'UO' })]),
        remedies: expect.arrayContaining([
          expect.objectContaining({ kind: 'DestinationRule', object: expect.objectContaining({ name: 'narrow' }) }),
        ]),
      },
    });
  });

  test('is counted with its reason', async () => {
    const { rows } = await told<Top>(`top?since=${Date.now() - 600_000}`);
    expect(rows.find(({ destination }) => destination === 'gone.why.svc.cluster.local')).toMatchObject({
      source: 'why/web',
      success: 0,
      failure: { id: 'gone-1', words: expect.stringContaining('no endpoint of the service is ready') },
    });
    const { stdout } = await mesh.weft('access', '--failed');
    expect(stdout).toMatch(/503 UH.*no endpoint of the service is ready.*gone-1/);
  });
});

describe('each way to fail, on real Envoys', () => {
  /** Id, and what curl is asked for; all of one pod at once. */
  const asked: Readonly<Record<'web' | 'clerk' | 'batch', Readonly<Record<string, string>>>> = {
    web: {
      nobody: 'http://rude:85/',
      silent: 'http://silent.legacy/',
      ends: 'http://rude:82/',
      garbage: 'http://rude:83/',
      resets: 'http://rude:84/',
      broken: 'http://rude/broken',
      delayed: 'http://rude/delayed',
      nowhere: 'http://rude/nowhere',
      again: 'http://rude/status/503',
      unrouted: 'http://rude/unknown',
      judged: 'http://rude/judged',
      left: '-m 0.5 http://rude/delay/900',
      unresolved: 'http://a.nowhere.example/ --connect-to ::240.240.9.9:80',
      guest: 'http://rude/status/200 -H x-role:guest',
      member: 'http://rude/team',
      forged: 'http://rude/team -H authorization:Bearer%20abc',
      ambiguous: 'http://rude/a -H host:a@rude',
    },
    clerk: {
      beyond: 'http://silent.legacy/',
      unknown: 'http://unknown.example/ --connect-to ::ledger.why:80',
    },
    batch: {
      unserved: 'http://door.why/else -H host:shop.example',
      hostless: 'http://door.why/status/200',
      nameless: '-k https://door.why/',
      unproven: '-k --connect-to ::door.why:443 https://shop.example/',
    },
  };

  /** Says something, and waits until it is hung up on. */
  const bytes: Readonly<Record<string, number>> = { web: 9000, clerk: 9999 };
  const connecting = (port: number) =>
    `node -e 'require("net").connect(${port}, "rude").on("error", () => {}).on("close", () => process.exit()).write("hello")' &`;

  beforeAll(async () => {
    const run = async ([pod, all]: [string, Readonly<Record<string, string>>]) => {
      const commands = Object.entries(all).map(([id, args]) => {
        const words = args.split(' ').map((word) => `'${word.replaceAll('%20', ' ')}'`);
        return `curl -s -m 5 -o /dev/null -H x-request-id:${id} ${words.join(' ')} &`;
      });
      if (bytes[pod]) commands.push(connecting(bytes[pod]));
      const namespace = pod === 'batch' ? 'legacy' : 'why';
      await mesh.weft('exec', '-n', namespace, `deploy/${pod}`, '--', 'sh', '-c', `${commands.join('\n')}\nwait`);
    };
    await Promise.all(Object.entries(asked).map(run));
  }, 30_000);

  const object = (kind: string, name: string, field: string) => ({ kind, field, object: expect.objectContaining({ name }) });

  test.each([
    ['nobody', 'application', ['URX', 'UF'], 'nobody listens on that port', object('Service', 'rude', 'spec.ports[].targetPort')],
    ['silent', 'between', ['URX', 'UF'], 'nobody listens on that port', object('Service', 'silent', 'spec.ports[].targetPort')],
    ['ends', 'application', ['UC'], 'closed the connection before it had answered', object('Deployment', 'rude', '')],
    ['garbage', 'application', ['UPE'], 'in another protocol', object('Service', 'rude', 'spec.ports[].appProtocol')],
    ['resets', 'application', ['UR'], 'the application reset the request', object('Deployment', 'rude', '')],
    ['broken', 'caller', ['FI'], 'a fault was injected', object('VirtualService', 'rude', 'spec.http[].fault.abort')],
    ['nowhere', 'caller', ['NC'], 'does not exist', object('DestinationRule', 'rude', 'spec.subsets')],
    ['again', 'application', ['URX'], 'answered status 503', object('Deployment', 'rude', '')],
    ['unrouted', 'caller', ['NR'], 'no route is for this host and path', object('VirtualService', 'rude', 'spec.http[].match')],
    ['unresolved', 'caller', ['DF'], 'could not be resolved', object('ServiceEntry', 'nowhere', 'spec.hosts')],
    ['beyond', 'caller', [], 'REGISTRY_ONLY', object('Sidecar', 'clerk', 'spec.egress[].hosts')],
    ['unknown', 'caller', [], 'REGISTRY_ONLY', { kind: 'ServiceEntry', field: 'spec.hosts' }],
  ] as const)('%s: at the %s, %j', async (id, hop, flags, words, remedy) => {
    const found = await why(id, ({ hops }) => hops.some(({ caller, server }) => (hop === 'application' ? caller && server : caller)));
    expect(causeOf(found)?.diagnosis).toMatchObject({
      hop,
      words: expect.stringContaining(words),
      flags: expect.arrayContaining(flags.map((flag) => expect.objectContaining({ flag }))),
      remedies: expect.arrayContaining([expect.objectContaining(remedy)]),
    });
  });

  test.each([
    ['judged', 'authorizer', 'nobody-judges could not be asked', object('MeshConfig', 'default', 'spec.extensionProviders')],
    [
      'guest',
      'policy',
      'DENY why/no-guests matches, so header x-role was one of [guest]',
      object('AuthorizationPolicy', 'no-guests', 'spec.rules'),
    ],
    ['member', 'policy', 'ALLOW why/members has no rule that matches', object('AuthorizationPolicy', 'members', 'spec.rules')],
    [
      'forged',
      'token',
      'no RequestAuthentication of this workload takes the token',
      object('RequestAuthentication', 'rude', 'spec.jwtRules[].fromHeaders'),
    ],
  ] as const)('%s: refused by %s', async (id, by, words, remedy) => {
    const found = await why(id, ({ refused }) => refused !== undefined);
    expect(found.refused).toMatchObject({
      agrees: true,
      record: { verdict: { by } },
      judgement: { hop: { verdict: { why: expect.stringContaining(words) } } },
    });
    expect(causeOf(found)?.diagnosis?.remedies).toContainEqual(remedy);
  });

  test('what is not in a record is not taken for missing, and what it has counts', async () => {
    const { refused } = await why('member', (found) => found.refused !== undefined);
    expect(refused?.judgement.hop?.verdict?.change).toBe(
      'the token’s claim group is none (no verified token), and has to be one of [members]',
    );
  });

  test('a delay by a fault is told, and is no failure', async () => {
    expect(await why('delayed', ({ hops }) => hops.some(({ caller }) => caller))).toMatchObject({ about: 'success' });
    expect((await mesh.weft('why', 'delayed')).stdout).toContain('DI DelayInjected');
  });

  test('a caller that went away is nobody’s failure but its own', async () => {
    expect(causeOf(await why('left'))?.diagnosis).toMatchObject({
      hop: 'client',
      flags: expect.arrayContaining([expect.objectContaining({ flag: 'DC' })]),
    });
  });

  test('what servers read in different ways was refused by no policy', async () => {
    const found = await why('ambiguous', ({ refused }) => refused !== undefined);
    expect(found.refused?.agrees).toBe(true);
    expect(causeOf(found)?.diagnosis).toMatchObject({ hop: 'client', words: expect.stringContaining('different ways'), remedies: [] });
  });

  const failedAt = async (query: string): Promise<readonly AccessRecord[]> =>
    (await told<{ items: { record: AccessRecord }[] }>(`records?failed=true&${query}`)).items.map(({ record }) => record);

  test('connections that are not HTTP have their flags, too', async () => {
    const both = await until('the records of both ends', async () => {
      const { items } = await told<{ items: { record: AccessRecord }[] }>('records?to=rude');
      const found = items.flatMap(({ record }) => (record.request ? [] : [record.flags]));
      return found.length > 1 ? found : undefined;
    });
    // Each proxy has the same limit: whichever comes to it first ends the connection for the other, which may do so itself as well.
    expect(['', 'DT']).toEqual(expect.arrayContaining(both));
    expect(both).toContain('DT');
    expect((await failedAt('from=clerk')).filter(({ request }) => !request).map(({ flags }) => flags)).toEqual(['UH']);
  });

  test('at a gateway without route, host or server name names the Gateway', async () => {
    const records = await until('four records', async () => {
      const found = await failedAt('workload=why/door');
      return found.length >= 4 ? found : undefined;
    });
    const fields = await Promise.all(
      records.map(async ({ request, refusal }) => {
        const remedies = causeOf(await why(request?.id || refusal?.id || ''))?.diagnosis?.remedies ?? [];
        return remedies.filter(({ kind, object: one }) => kind === 'Gateway' && one?.name === 'door').map(({ field }) => field);
      }),
    );
    expect(fields.flat().sort()).toEqual(['spec.servers[].hosts', 'spec.servers[].hosts', 'spec.servers[].hosts', 'spec.servers[].tls']);
  });
});

test.each([
  ['of a trace that there is', ['-H', 'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'], '403'],
  ['of no trace, which the caller’s proxy drops', [], '200'],
  ['of a trace that nobody can read', ['-H', 'traceparent: abc'], '403'],
])('explain tells the next proxy the state %s, as Envoy does', async (_, more, expected) => {
  const headers = ['-H', 'tracestate: kept=out', ...more];
  expect(await status('web', 'http://rude/status/200', ...headers)).toBe(expected);
  const journey = await mesh.json<Journey>(
    'explain',
    'request',
    '-n',
    'why',
    '--from',
    'deploy/web',
    '--to',
    'http://rude.why/status/200',
    ...headers,
  );
  expect(journey.outcome).toMatchObject(expected === '200' ? { kind: 'forward' } : { kind: 'refused', status: 403 });
});

test('routes have golden signals of their own, from records', async () => {
  const { items } = await mesh.json<{ items: GoldenSignals[] }>('stat', 'routes', '-n', 'why', '--since', '10m');
  const slow = items.find(({ labels }) => labels['route'] === 'slow');
  expect(slow).toMatchObject({
    labels: { destination_service_name: 'ledger' },
    requests: 1,
    failed: 1,
    reasons: [{ flag: 'UT', code: '504' }],
  });
  expect(slow?.latency?.p50).toBeGreaterThan(250);
});

test.each(['why/x', 'mtls', 'mtls/strict/why', 'top', 'records'])('%s is the administrator’s to ask', async (path) => {
  expect((await ask(path, 'viewer-token')).status).toBe(403);
});

describe('who comes in plaintext', () => {
  const ledgerPort = ({ workloads }: MtlsReport) =>
    workloads.find(({ workload }) => workload === 'ledger')?.ports.find(({ port }) => port === 8080);

  test('is named, and probes are not among them', async () => {
    expect(await status('batch', 'http://ledger.why/x')).toBe('200');
    const port = await until('it is counted', async () => {
      const found = ledgerPort(await told<MtlsReport>('mtls?namespace=why'));
      return found && found.plaintext > 0 ? found : undefined;
    });
    expect(port).toMatchObject({ mode: 'PERMISSIVE', plaintext: 1, forecast: 'breaks', clients: [{ workload: 'legacy/batch', count: 1 }] });
    expect(port?.mutual).toBeGreaterThan(2);
  });

  test('would be refused by STRICT, which the plan says, and what was not seen proves nothing', async () => {
    const plan = await mesh.json<StrictPlan>('mtls', 'strict', 'why', '--plan');
    expect(plan).toMatchObject({
      verdict: 'breaks',
      manifest: { kind: 'PeerAuthentication', metadata: { name: 'default', namespace: 'why' }, spec: { mtls: { mode: 'STRICT' } } },
    });
    expect(ledgerPort({ ...plan, workloads: plan.changes })?.forecast).toBe('breaks');
    expect(plan.exceptions).toMatchObject([{ workload: 'rude', ports: [{ port: 8080, mode: 'PERMISSIVE', from: { name: 'rude' } }] }]);
    const quiet = await told<StrictPlan>('mtls/strict/legacy?windowMs=60000');
    expect(quiet.changes, 'nobody there has a sidecar').toEqual([]);
  });

  test('is refused once STRICT is in force, and the record says so without a name', async () => {
    const { manifest } = await mesh.json<StrictPlan>('mtls', 'strict', 'why', '--plan');
    writeFileSync(join(mesh.folder, 'strict.yaml'), JSON.stringify(manifest));
    await mesh.applied(30);
    expect(await status('batch', 'http://ledger.why/x')).toBe('000');
    expect(await status('web', 'http://ledger/x'), 'who was not named is served').toBe('200');
    expect(await status('batch', 'http://rude.why/status/200'), 'a port that was to stay as it is').toBe('200');
    const { items } = await until('its record', async () => {
      const found = await mesh.json<{ items: { verdict: { by?: string }; refusal?: { id: string } }[] }>(
        'access',
        '--denied',
        '--to',
        'ledger',
        '--since',
        '1m',
      );
      return found.items.some(({ verdict }) => verdict.by === 'listener') ? found : undefined;
    });
    const id = items.find(({ verdict }) => verdict.by === 'listener')?.refusal?.id ?? '';
    expect(await why(id)).toMatchObject({
      about: 'refusal',
      refused: {
        agrees: true,
        judgement: { hop: { outcome: { why: 'PeerAuthentication is STRICT, and the connection comes without mTLS' } } },
      },
    });
    const { stdout } = await mesh.weft('why', id);
    expect(stdout).toContain('nobody known');
    expect(stdout).toContain('PeerAuthentication why/default');
    expect(ledgerPort(await told<MtlsReport>('mtls?namespace=why'))).toMatchObject({
      mode: 'STRICT',
      forecast: 'strict',
      refused: 1,
      from: { name: 'default' },
    });
  });

  test('and a call of the mesh that comes so is explained by what the server’s proxy refused', async () => {
    const file = join(mesh.folder, 'mesh.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace('trafficPolicy:\n', 'trafficPolicy:\n    tls: {mode: DISABLE}\n'));
    await mesh.applied(30);
    expect(await status('web', 'http://narrow/', '-H', 'x-request-id: plain-1')).toBe('503');
    const found = await why('plain-1', ({ refused }) => refused !== undefined);
    expect(found).toMatchObject({ about: 'refusal', refused: { agrees: true, record: { verdict: { by: 'listener' } } } });
    expect(causeOf(found)?.diagnosis?.remedies).toMatchObject([
      { kind: 'PeerAuthentication', object: { name: 'default' } },
      { kind: 'DestinationRule', field: 'spec.trafficPolicy.tls', object: { name: 'narrow' } },
    ]);
  });
});
