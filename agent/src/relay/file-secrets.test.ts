import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileCertificateSecret, fileRootSecret } from '@weft/envoy';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeRoot, type Root } from '../../../e2e/traffic/certificates.ts';
import { type FileSecrets, isFileSecret, openFileSecrets } from './file-secrets.ts';

let folder = '';
let changes = 0;
const warned: object[] = [];
let secrets: FileSecrets;
let root: Root;
const patience = { timeout: 60_000, interval: 100 };
const logger = { warn: (about: object) => warned.push(about) };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weft-files-'));
  const onChange = () => {
    changes += 1;
  };
  secrets = openFileSecrets({ onChange, logger });
  root = await makeRoot('root');
});

afterAll(async () => {
  secrets.close();
  await rm(folder, { recursive: true, force: true });
});

const has = (name: string, text: string): boolean => {
  const encoded = secrets.current().get(name);
  return encoded !== undefined && Buffer.from(encoded.bytes).toString('latin1').includes(text);
};

test('only names of files are its own', () => {
  expect(isFileSecret(fileRootSecret('system'))).toBe(true);
  expect(isFileSecret(fileCertificateSecret('/c', '/k'))).toBe(true);
  for (const other of ['default', 'ROOTCA', 'kubernetes://a', 'file-cert:/only']) expect(isFileSecret(other)).toBe(false);
});

test('reads certificate and key, and roots with what is revoked', async () => {
  const file = (name: string) => join(folder, name);
  const leaf = await root.issue('a.example');
  const crl = '-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n';
  const contents = { c: leaf.certificate, k: leaf.key, ca: root.certificate, crl };
  await Promise.all(Object.entries(contents).map(([name, text]) => writeFile(file(name), text)));
  const pair = fileCertificateSecret(file('c'), file('k'));
  const roots = fileRootSecret(file('ca'), file('crl'));
  secrets.ask(pair);
  secrets.ask(roots);
  await expect.poll(() => changes, patience).toBe(2);
  for (const text of [leaf.certificate, leaf.key]) expect(has(pair, text)).toBe(true);
  for (const text of [root.certificate, crl]) expect(has(roots, text)).toBe(true);
  secrets.drop(pair);
  expect(secrets.current().has(pair)).toBe(false);
});

test('a file that is not there is told in the log, and answered once it comes', async () => {
  const late = join(folder, 'late');
  secrets.ask(fileRootSecret(late));
  await expect.poll(() => warned.length, patience).toBeGreaterThan(0);
  expect(secrets.current().has(fileRootSecret(late))).toBe(false);
  await writeFile(late, root.certificate);
  await expect.poll(() => has(fileRootSecret(late), root.certificate), patience).toBe(true);
});

test('what Envoy would refuse is not served, nor what the proxy could not read or reach itself', async () => {
  const [wrong, closed, hidden, open] = ['wrong', 'closed', 'hidden/a', 'open'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
    string,
  ];
  await chmod(folder, 0o755);
  await mkdir(join(folder, 'hidden'), { mode: 0o700 });
  await writeFile(wrong, 'no certificate');
  await writeFile(closed, root.certificate, { mode: 0o600 });
  for (const path of [hidden, open]) await writeFile(path, root.certificate, { mode: 0o644 });
  const before = warned.length;
  const others = openFileSecrets({ reader: { uid: 64_321, gid: 64_321 }, onChange: () => {}, logger });
  for (const path of [wrong, closed, hidden, open]) others.ask(fileRootSecret(path));
  await expect.poll(() => others.current().has(fileRootSecret(open)) && warned.length - before, patience).toBe(3);
  expect([...others.current().keys()]).toEqual([fileRootSecret(open)]);
  others.close();
});

test('devices, pipes and what is too large are not read: they have no end', async () => {
  const [pipe, large] = ['pipe', 'large'].map((name) => join(folder, name)) as [string, string];
  execFileSync('mkfifo', [pipe]);
  await writeFile(large, root.certificate.padEnd(3 << 20, '\n'));
  const before = warned.length;
  const endless = openFileSecrets({ onChange: () => {}, logger });
  for (const path of ['/dev/zero', pipe, folder, large]) endless.ask(fileRootSecret(path));
  await expect.poll(() => warned.length, patience).toBe(before + 4);
  expect(endless.current().size).toBe(0);
  endless.close();
});
