import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { certificateReader } from '@weft/model/node';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { FileChanges } from '../sources/files.ts';
import { openStore, type Store } from '../store/store.ts';
import { type Ownership, ownership } from './ownership.ts';

let home: string;
let store: Store;
let owned: Ownership;

const service = (name: string, port: number | string): string => `apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: shop}
spec: {selector: {app: ${name}}, ports: [{name: http, port: ${port}}]}
`;

const start = (folder: string | undefined = '/mesh'): void => {
  store = openStore(join(home, 'store.db'), () => 42);
  owned = ownership({ objects: store.objects, folder, now: () => 42, certificates: certificateReader });
};

const restart = (): void => {
  store.close();
  start();
};

const files = (texts: Readonly<Record<string, string>>): FileChanges =>
  new Map(Object.entries(texts).map(([name, text]) => [`/mesh/${name}`, { kind: 'text', text }]));
const gone = (name: string): FileChanges => new Map([[`/mesh/${name}`, { kind: 'gone' }]]);
const apply = (text: string) => owned.apply({ text, file: 'stdin', directory: '/work' });

/** `web:80`, sorted. */
const inForce = (): string[] =>
  owned
    .resources()
    .map(({ metadata, spec }) => `${metadata.name}:${(spec as { ports: { port: number }[] }).ports[0]?.port}`)
    .sort();
const told = (): string[] => owned.findings().map(({ code, resource, file, line }) => `${code} ${resource?.name ?? '-'} ${file}:${line}`);

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'weft-owned-'));
  start();
});

afterEach(() => {
  store.close();
  rmSync(home, { recursive: true, force: true });
});

test('a file’s objects come, change and go with it', () => {
  expect(owned.takeFiles(files({ 'a.yaml': `${service('web', 80)}---\n${service('api', 81)}` }))).toBe(true);
  expect(inForce()).toEqual(['api:81', 'web:80']);
  expect(owned.takeFiles(files({ 'a.yaml': service('web', 90) }))).toBe(true);
  expect(inForce()).toEqual(['web:90']);
  expect(owned.takeFiles(files({ 'a.yaml': service('web', 90) }))).toBe(false);
  owned.takeFiles(gone('a.yaml'));
  expect(inForce()).toEqual([]);
  expect(owned.revision()).toBe(3);
});

test('the last good version stays beside a broken one, also after a restart', () => {
  owned.takeFiles(files({ 'a.yaml': `${service('web', 80)}---\n${service('api', 81)}`, 'b.yaml': service('cart', 82) }));
  const broken = files({ 'a.yaml': `${service('web', '"no number"')}---\n${service('api', 91)}`, 'b.yaml': 'kind: [' });
  owned.takeFiles(broken);
  expect(inForce()).toEqual(['api:91', 'cart:82', 'web:80']);
  restart();
  owned.takeFiles(broken);
  owned.settleAll();
  expect(inForce()).toEqual(['api:91', 'cart:82', 'web:80']);
  expect(told()).toContainEqual(expect.stringMatching(/^WEFT0020 web \/mesh\/a.yaml:\d+$/));
  owned.takeFiles(files({ 'b.yaml': service('other', 1) }));
  expect(inForce()).toEqual(['api:91', 'other:1', 'web:80']);
});

test('an object that its file does not name any more is deleted, even beside a broken one', () => {
  owned.takeFiles(files({ 'a.yaml': `${service('web', 80)}---\n${service('api', 81)}` }));
  owned.takeFiles(files({ 'a.yaml': service('web', '"no number"') }));
  expect(inForce()).toEqual(['web:80']);
});

test('files that went while weftd was down are noticed at the start', () => {
  owned.takeFiles(files({ 'a.yaml': service('web', 80), 'b.yaml': service('api', 81) }));
  restart();
  owned.takeFiles(files({ 'b.yaml': service('api', 81) }));
  owned.settleAll();
  expect(inForce()).toEqual(['api:81']);
});

test('of two files the first by path wins, the other takes over when it is gone', () => {
  owned.takeFiles(files({ 'b.yaml': service('web', 2) }));
  owned.takeFiles(files({ 'a.yaml': service('web', 1) }));
  expect(inForce()).toEqual(['web:1']);
  expect(told()).toEqual(['WEFT0014 web /mesh/b.yaml:1']);
  expect(owned.findings()[0]?.message).toContain('/mesh/a.yaml:1');
  owned.takeFiles(gone('a.yaml'));
  expect(inForce()).toEqual(['web:2']);
  expect(told()).toEqual([]);
});

test('an emptied folder deletes nothing', () => {
  owned.takeFiles(files({ 'a.yaml': service('web', 80) }));
  restart();
  owned.setEmpty(true);
  owned.settleAll();
  expect(inForce()).toEqual(['web:80']);
  expect(told()).toEqual(['WEFT0305 - /mesh:undefined']);
});

test('a file of no bytes is a write in progress, a file of comments is not', () => {
  owned.takeFiles(files({ 'a.yaml': service('web', 80) }));
  owned.takeFiles(files({ 'a.yaml': '' }));
  expect(inForce()).toEqual(['web:80']);
  expect(told()).toEqual(['WEFT0304 - /mesh/a.yaml:1']);
  owned.takeFiles(files({ 'a.yaml': '# nothing\n' }));
  expect(inForce()).toEqual([]);
});

test('the API creates, changes and deletes what is its own', () => {
  expect(apply(service('web', 80)).items.map(({ action }) => action)).toEqual(['created']);
  expect(apply(service('web', 80)).items.map(({ action }) => action)).toEqual(['unchanged']);
  expect(apply(service('web', 81)).items.map(({ action }) => action)).toEqual(['configured']);
  expect(owned.resources()[0]?.metadata.created).toBe(42);
  restart();
  owned.settleAll();
  expect(inForce()).toEqual(['web:81']);
  expect(owned.remove([{ kind: 'Service', namespace: 'shop', name: 'web' }]).items.map(({ action }) => action)).toEqual(['deleted']);
  expect(inForce()).toEqual([]);
  expect(owned.remove([{ kind: 'Service', namespace: 'shop', name: 'web' }]).findings.map(({ code }) => code)).toEqual(['WEFT0303']);
});

test('the API may not write what a file owns, and is told where it stands', () => {
  owned.takeFiles(files({ 'a.yaml': `# shop\n---\n${service('web', 80)}`, 'b.yaml': service('new', '"no number"') }));
  const { items, findings } = apply(`${service('web', 81)}---\n${service('new', 1)}---\n${service('mine', 2)}`);
  expect(items.map(({ ref, action }) => `${ref.name} ${action}`)).toEqual(['web refused', 'new refused', 'mine created']);
  expect(findings.map(({ file, line }) => `${file}:${line}`)).toEqual(['/mesh/a.yaml:3', expect.stringMatching(/^\/mesh\/b.yaml:\d$/)]);
  expect(inForce()).toEqual(['mine:2', 'web:80']);
  expect(owned.remove([{ kind: 'Service', namespace: 'shop', name: 'web' }]).items[0]?.action).toBe('refused');
});

test('a file takes over an object of the API only when the API lets it go', () => {
  apply(service('web', 80));
  owned.takeFiles(files({ 'a.yaml': service('web', 90) }));
  expect(inForce()).toEqual(['web:80']);
  expect(told()).toEqual(['WEFT0301 web /mesh/a.yaml:1']);
  owned.remove([{ kind: 'Service', namespace: 'shop', name: 'web' }]);
  expect(inForce()).toEqual(['web:90']);
  expect(told()).toEqual([]);
});

test('what would protect and is broken is refused with all beside it', () => {
  const policy =
    'apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: deny, namespace: shop}\nspec: {action: DENY}\n';
  const { items, findings } = apply(`${service('web', 80)}---\n${policy}`);
  expect(items.map(({ ref, action }) => `${ref.kind} ${action}`)).toEqual(['Service unchanged', 'AuthorizationPolicy refused']);
  expect(findings.some(({ refused }) => refused)).toBe(true);
  expect(inForce()).toEqual([]);
});

test('a broken document of a request hides no other', () => {
  const { items, findings } = apply(`${service('web', 80)}---\n${service('api', '"no number"')}`);
  expect(items.map(({ ref, action }) => `${ref.name} ${action}`)).toEqual(['web created']);
  expect(findings.map(({ resource, severity }) => `${resource?.name} ${severity}`)).toEqual(['api error']);
});

test('a dry run changes nothing', () => {
  const { items } = owned.apply({ text: service('web', 80), file: '-', directory: '/', dryRun: true });
  expect(items.map(({ action }) => action)).toEqual(['created']);
  expect(owned.preview({ text: service('web', 80), file: '-', directory: '/' })).toHaveLength(1);
  expect(inForce()).toEqual([]);
  expect(owned.revision()).toBe(0);
});

test('without a folder, what files owned is the API’s', () => {
  owned.takeFiles(files({ 'a.yaml': service('web', 80) }));
  store.close();
  store = openStore(join(home, 'store.db'), () => 42);
  owned = ownership({ objects: store.objects, folder: undefined, now: () => 42, certificates: certificateReader });
  owned.settleAll();
  expect(inForce()).toEqual(['web:80']);
  expect(apply(service('web', 81)).items[0]?.action).toBe('configured');
});

test('what a full disk does not take is taken later', () => {
  owned.takeFiles(files({ 'a.yaml': service('web', 80) }));
  const disk = new DatabaseSync(join(home, 'store.db'));
  disk.exec("CREATE TRIGGER full BEFORE INSERT ON history BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END");
  expect(() => owned.takeFiles(files({ 'a.yaml': service('web', 81), 'b.yaml': service('api', 1) }))).toThrow(/full/);
  expect(() => owned.settle()).toThrow(/full/);
  expect(inForce()).toEqual(['web:80']);
  disk.exec('DROP TRIGGER full');
  disk.close();
  expect(owned.settle()).toBe(true);
  expect(inForce()).toEqual(['api:1', 'web:81']);
});

test('what somebody else changed after it was read is not written over', () => {
  apply(service('web', 80));
  const seen = store.objects.revision();
  apply(service('web', 81));
  const ref = { kind: 'Service', namespace: 'shop', name: 'web' };
  const write = (revision: number) => owned.apply({ text: service('web', 82), file: 'console', directory: '/', read: [{ ref, revision }] });
  for (const revision of [seen, 0]) {
    const { items, findings } = write(revision);
    expect([items[0]?.action, findings[0]?.code]).toEqual(['refused', 'WEFT0309']);
  }
  expect(inForce()).toEqual(['web:81']);
  expect(write(store.objects.revision()).items[0]?.action).toBe('configured');
});
