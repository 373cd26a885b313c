import { X509Certificate } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { type Fixture, instance, makeCsr, makeFixture } from './fixture.ts';

const fixtures: Fixture[] = [];
const make = async (...input: Parameters<typeof makeFixture>): Promise<Fixture> => {
  const fixture = await makeFixture(...input);
  fixtures.push(fixture);
  return fixture;
};
afterEach(async () => {
  for (const fixture of fixtures.splice(0)) await fixture.close();
});
const day = 86_400_000;

test('everything on disk is readable by its owner alone', async () => {
  const { directory } = await make();
  const names = await readdir(directory);
  expect(names.toSorted()).toEqual(['intermediate.pem', 'journal.jsonl', 'root.pem', 'token.pem']);
  expect((await stat(directory)).mode & 0o777).toBe(0o700);
  for (const name of names) expect((await stat(join(directory, name))).mode & 0o777).toBe(0o600);
});

test('a restart keeps root, intermediate and token key', async () => {
  const { ca, directory, reopen } = await make();
  const before = await Promise.all(['root.pem', 'intermediate.pem', 'token.pem'].map((name) => readFile(join(directory, name), 'utf8')));
  expect((await reopen()).bundles()).toEqual(ca.bundles());
  const after = await Promise.all(['root.pem', 'intermediate.pem', 'token.pem'].map((name) => readFile(join(directory, name), 'utf8')));
  expect(after).toEqual(before);
});

test.each([
  ['the directory', '', 0o750],
  ['the root', 'root.pem', 0o640],
  ['the intermediate', 'intermediate.pem', 0o604],
  ['the token key', 'token.pem', 0o644],
])('a start is refused when others can read %s', async (_, name, mode) => {
  const { directory, reopen } = await make();
  await chmod(join(directory, name), mode);
  await expect(reopen()).rejects.toThrow('can be read by others');
  await chmod(join(directory, name), name === '' ? 0o700 : 0o600);
});

test('a crash in the first start, at any point, leaves a CA that starts', async () => {
  const { directory, reopen } = await make();
  const pem = await readFile(join(directory, 'root.pem'), 'utf8');
  await rm(join(directory, 'intermediate.pem'));
  await writeFile(join(directory, 'intermediate.pem.new'), pem.slice(0, 100), { mode: 0o600 });
  await reopen();
  expect(await readFile(join(directory, 'root.pem'), 'utf8')).toBe(pem);
  await rm(directory, { recursive: true });
  await mkdir(directory, { mode: 0o700 });
  await writeFile(join(directory, 'root.pem.new'), 'half', { mode: 0o600 });
  expect((await reopen()).bundles().pem).toContain('BEGIN CERTIFICATE');
});

test('a damaged key is an error that names the file, not a new identity for the mesh', async () => {
  const { directory, reopen } = await make();
  await truncate(join(directory, 'root.pem'), 150);
  await expect(reopen()).rejects.toThrow(/root\.pem/);
});

test('a directory of another trust domain is refused', async () => {
  const { reopen } = await make();
  await expect(reopen({ trustDomain: 'other.example' })).rejects.toThrow('trust domain');
  await expect(reopen({ trustDomain: 'Not A/Domain' })).rejects.toThrow('no trust domain');
});

test('the intermediate changes months before it ends, and what the former one signed stays good', async () => {
  const { ca, clock, instances, reopen } = await make({ leafSeconds: 200 * 86_400 });
  instances.push(instance('shop', 'web-1'));
  const identity = { trustDomain: 'cluster.local', namespace: 'shop', serviceAccount: 'default' };
  const held = await ca.issue(await makeCsr(), { identity, by: 'token' });
  if (!held.ok) throw new Error(held.reason);
  const [leaf = '', first] = held.certificate.chain;
  clock.time += 250 * day; // beyond T - T/3
  const later = await reopen({ leafSeconds: 86_400 });
  const next = await later.issue(await makeCsr(), { identity, by: 'token' });
  expect(next.ok && next.certificate.chain[1]).not.toBe(first);
  clock.time -= 60 * day; // day 190 of the leaf's 200
  expect(await later.authenticate({ certificate: new X509Certificate(leaf).raw })).toMatchObject({ ok: true });
});

test('the journal goes on after a kill in the middle of a line', async () => {
  const { directory, reopen } = await make();
  const path = join(directory, 'journal.jsonl');
  await writeFile(path, `${await readFile(path, 'utf8')}{"at":"2026`);
  await reopen(); // issues its serving certificate
  const lines = (await readFile(path, 'utf8')).trim().split('\n');
  expect(lines).toHaveLength(3);
  expect(() => JSON.parse(lines[2] ?? '')).not.toThrow();
});
