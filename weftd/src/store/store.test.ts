import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import type { PodReport, Resource } from '@weft/model';
import { build } from 'esbuild';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDatabase } from './database.ts';
import { historyKept } from './objects.ts';
import { migrations } from './schema.ts';
import { openStore, type Store } from './store.ts';

let home: string;
let path: string;
let store: Store;
let time = 1_000_000;
const now = (): number => time;

const service = (name: string, hash: string): Resource => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'shop', labels: {}, annotations: {}, created: 0 },
  spec: { ports: [{ port: 80 }] },
  origin: { source: 'file', file: '/mesh/web.yaml', line: 3 },
  lines: { '': 3 },
  hash,
});

const put = (resource: Resource): number => store.objects.write({ put: [{ resource, findings: [] }], remove: [], author });
const author = { source: 'file' } as const;
const ref = { kind: 'Service', namespace: 'shop', name: 'web' };

const reopen = (): void => {
  store.close();
  store = openStore(path, now);
};

const pod = (uid: string): PodReport => ({
  name: `web-${uid}`,
  namespace: 'shop',
  uid,
  address: '10.244.0.5',
  phase: 'Running',
  ready: true,
  proxy: 'sidecar',
  message: '',
  restarts: 0,
  startedAt: 5,
});

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'weft-store-'));
  path = join(home, 'state', 'store.db');
  time = 1_000_000;
  store = openStore(path, now);
});

afterEach(() => {
  store.close();
  rmSync(home, { recursive: true, force: true });
});

test('each write is one revision, and all of it is there after a restart', () => {
  expect(put(service('web', 'a'))).toBe(1);
  expect(
    store.objects.write({
      put: [
        { resource: service('web', 'b'), findings: [] },
        { resource: service('api', 'c'), findings: [] },
      ],
      remove: [],
      author,
    }),
  ).toBe(2);
  expect(store.objects.write({ put: [], remove: [], author })).toBe(2);
  reopen();
  expect(store.objects.revision()).toBe(2);
  expect([...store.objects.all().values()].map(({ resource, revision }) => [resource.metadata.name, resource.hash, revision])).toEqual([
    ['api', 'c', 2],
    ['web', 'b', 2],
  ]);
});

test('only the owner may read the store', () => {
  put(service('web', 'a'));
  expect(statSync(join(home, 'state')).mode & 0o777).toBe(0o700);
  for (const file of ['store.db', 'store.db-wal', 'store.db-shm']) expect(statSync(join(home, 'state', file)).mode & 0o777).toBe(0o600);
});

test('what each revision did is kept for thirty days', () => {
  put(service('web', 'a'));
  time += historyKept / 2;
  put(service('web', 'b'));
  store.objects.write({ put: [], remove: [ref], author });
  expect(store.objects.history(ref).map(({ revision, resource }) => [revision, resource?.hash])).toEqual([
    [1, 'a'],
    [2, 'b'],
    [3, undefined],
  ]);
  time += historyKept / 2 + 1;
  reopen();
  expect(
    store.objects.history(ref).map(({ revision }) => revision),
    'the first was in force thirty days ago',
  ).toEqual([1, 2, 3]);
  time += historyKept / 2;
  reopen();
  expect(store.objects.history(ref).map(({ revision }) => revision)).toEqual([]);
  expect(store.objects.revision()).toBe(3);
});

test('of more history than there is room for the oldest goes, and nothing is told of that time', () => {
  put(service('ledger', 'c'));
  for (const hash of ['a', 'b', 'c', 'd']) {
    time += 1000;
    put(service('web', hash));
  }
  const known = (): readonly number[] => store.history.list({ limit: 10 }).map(({ revision }) => revision);
  expect(known()).toEqual([5, 4, 3, 2, 1]);
  store.objects.prune(0, 2);
  // The ledger's is there since it is in force, but not all that its revision may have done.
  expect(known()).toEqual([5, 4, 3]);
  expect(store.history.revision(1)).toBeUndefined();
  expect(store.history.revision(4)?.changes).toMatchObject([{ before: { hash: 'b' }, after: { hash: 'c' } }]);
  expect([store.history.since(), store.past(1_001_999), store.history.at(1)]).toEqual([1_002_000, undefined, undefined]);
  expect(store.history.at(2)?.map(({ hash }) => hash)).toEqual(['c', 'a']);
});

test('objects are told as they were at a moment', () => {
  const hashes = (at: number) => store.past(at)?.resources.map(({ hash }) => hash);
  const start = time;
  put(service('ledger', 'c'));
  put(service('web', 'a'));
  time += 1000;
  put(service('web', 'b'));
  time += 1000;
  store.objects.write({ put: [], remove: [ref], author });
  expect(store.past(start - 1)).toBeUndefined();
  expect([hashes(start), hashes(start + 999), hashes(start + 1000), hashes(start + 2000)]).toEqual([
    ['c', 'a'],
    ['c', 'a'],
    ['c', 'b'],
    ['c'],
  ]);
  expect(store.past(start + 1000)).toMatchObject({ revision: 3, changedSince: true });
  expect(store.past(start + 2000)).toMatchObject({ revision: 4, changedSince: false });
  time = start + historyKept + 1500;
  reopen();
  expect(hashes(start + 1400), 'beyond what is kept').toBeUndefined();
  expect(hashes(start + 1600), 'by what was written before').toEqual(['c', 'b']);
});

test('a moved object keeps its revision, an object in its place its identity', () => {
  put(service('web', 'a'));
  const [before] = store.objects.all().values();
  expect(store.objects.touch([service('web', 'a')])).toBe(0);
  expect([...store.objects.all().values()][0]).toBe(before);
  expect(store.objects.touch([{ ...service('web', 'a'), lines: { '': 9 } }])).toBe(1);
  expect([...store.objects.all().values()][0]?.resource.lines).toEqual({ '': 9 });
  expect(store.objects.revision()).toBe(1);
});

test('reports survive a restart of weftd, not one of the agent', () => {
  store.observed.register({ boot: 'one', socket: '/run/agent.sock' });
  expect(store.observed.report('one', [pod('b'), pod('a')])).toBe(true);
  reopen();
  expect(store.observed.reports().map(({ uid }) => uid)).toEqual(['a', 'b']);
  expect(store.observed.report('other', [])).toBe(false);
  store.observed.register({ boot: 'one', socket: '/run/agent.sock' });
  expect(store.observed.reports()).toHaveLength(2);
  store.observed.register({ boot: 'two', socket: '/run/agent.sock' });
  reopen();
  expect(store.observed.reports()).toEqual([]);
  expect(store.observed.node()?.boot).toBe('two');
});

test('decisions survive a restart', () => {
  store.decisions.keepAddresses({ 'Service/shop/web': '10.96.0.1', 'Service/shop/api': '10.96.0.2' });
  store.decisions.keepAddresses({ 'Service/shop/web': '10.96.0.2' });
  store.decisions.restart({ kind: 'Deployment', namespace: 'shop', name: 'web' }, 77);
  const told = { '': { mtls: true, mixed: false } };
  store.decisions.keepCallers(new Map(Object.entries({ a: told, b: told })));
  store.decisions.keepCallers(new Map(Object.entries({ b: { '': { mtls: false, mixed: true } } })));
  const policy = { policy: { kind: 'AuthorizationPolicy', spec: {} } as never };
  store.decisions.keepToldPolicies(new Map(Object.entries({ gone: policy, wanted: policy, old: policy })));
  store.decisions.keepToldPolicies(new Map(Object.entries({ wanted: policy, old: { ...policy, withdrawnFrom: ['shop/a'] } })));
  expect([store.objects.mark(), store.objects.mark()]).toEqual([1, 2]);
  reopen();
  expect(Object.fromEntries(store.decisions.toldPolicies())).toEqual({ old: { ...policy, withdrawnFrom: ['shop/a'] }, wanted: policy });
  expect(store.objects.revision()).toBe(2);
  expect([...store.decisions.callers()]).toEqual([['b', { '': { mtls: false, mixed: true } }]]);
  expect(store.decisions.addresses()).toEqual({ 'Service/shop/web': '10.96.0.2' });
  expect(store.decisions.restarts().get('Deployment/shop/web')).toBe(77);
});

test('a disk that takes nothing leaves store and memory as they were', () => {
  put(service('web', 'a'));
  const blocker = new DatabaseSync(path);
  // As a full disk does, this makes SQLite refuse the write.
  blocker.exec("CREATE TRIGGER full BEFORE INSERT ON history BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END");
  blocker.close();
  expect(() => put(service('web', 'b'))).toThrow(/disk is full/);
  expect(store.objects.revision()).toBe(1);
  expect([...store.objects.all().values()][0]?.resource.hash).toBe('a');
  reopen();
  expect(store.objects.revision()).toBe(1);
});

test('a full disk is named, with what to do, and what was there can still be read', () => {
  const small = openDatabase(join(home, 'small', 'store.db'), migrations);
  const { page_count: pages } = small.sql.prepare('PRAGMA page_count').get() as { page_count: number };
  // SQLite answers a file at its limit as it answers a full disk: SQLITE_FULL.
  small.sql.exec(`PRAGMA max_page_count = ${pages}; PRAGMA cache_size = 10`);
  const fill = small.sql.prepare('INSERT INTO reports VALUES (?, ?)');
  expect(() => small.transaction(() => fill.run('a', 'x'.repeat(100_000)))).toThrow(
    `the disk that holds ${join(home, 'small')} is full: free some space`,
  );
  expect(small.sql.prepare('SELECT * FROM reports').all()).toEqual([]);
  small.close();
});

test('a store of a newer weftd is left alone', () => {
  store.close();
  const newer = new DatabaseSync(path);
  newer.exec('PRAGMA user_version = 99');
  newer.close();
  expect(() => openStore(path, now)).toThrow(/newer weftd/);
  const back = new DatabaseSync(path);
  back.exec(`PRAGMA user_version = ${migrations.length}`);
  back.close();
  store = openStore(path, now);
});

/** Bundled CommonJS asks for Node's own modules by `require`. */
const banner = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/** Starts a writer, kills it at a random moment. @returns the last number that it said was written. */
const killWriter = async (from: number, lifeMs: number): Promise<number> => {
  const child = spawn(process.execPath, [join(home, 'writer.mjs'), path, String(from)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    // The clock starts with the first write, so that kills fall between, before and within writes.
    if (said === '') setTimeout(() => child.kill('SIGKILL'), lifeMs);
    said += chunk.toString();
  });
  await once(child, 'close');
  return Number(said.trim().split('\n').at(-1));
};

test('every acknowledged write is there after kill -9 at any point, none by half', async () => {
  store.close();
  // Thirty starts: one file of what the writer needs starts in a fraction of the time.
  const entryPoints = [fileURLToPath(new URL('./writer.fixture.ts', import.meta.url))];
  await build({ entryPoints, outfile: join(home, 'writer.mjs'), bundle: true, platform: 'node', format: 'esm', banner: { js: banner } });
  let last = 0;
  for (let round = 0; round < 30; round += 1) {
    const acknowledged = await killWriter(last + 1, Math.random() * 25);
    store = openStore(path, now);
    const [left, right] = ['left', 'right'].map(
      (name) => store.objects.all().get(`Service/shop/${name}`)?.resource.spec as { number: number },
    );
    store.close();
    expect(left?.number).toBe(right?.number);
    expect(left?.number).toBeGreaterThanOrEqual(acknowledged);
    expect(left?.number).toBeLessThanOrEqual(acknowledged + 1);
    last = left?.number ?? 0;
  }
  store = openStore(path, now);
  expect(store.objects.revision()).toBe(last);
});

test('of objects that no policy is about it is not remembered for ever what they were when policies were judged', () => {
  const services = Array.from({ length: 1001 }, (_, index) => service(`web-${index}`, 'a'));
  const write = (resources: readonly Resource[]) =>
    store.objects.write({ put: resources.map((resource) => ({ resource, findings: [] })), remove: [], author });
  write(services.slice(1));
  store.judged.settle();
  expect(store.judged.before(services.slice(1))).toEqual([]);
  write(services.slice(0, 1));
  store.judged.settle();
  expect(store.judged.before(services)).toEqual(services);
});
