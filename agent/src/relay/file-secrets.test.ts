import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileCertificateSecret, fileRootSecret } from '@weft/envoy';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FileSecrets, isFileSecret, openFileSecrets } from './file-secrets.ts';

let folder = '';
let changes = 0;
const warned: object[] = [];
let secrets: FileSecrets;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weft-files-'));
  secrets = openFileSecrets(
    () => {
      changes += 1;
    },
    { warn: (about: object) => warned.push(about) },
  );
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
  await Promise.all(['c', 'k', 'ca', 'crl'].map((name) => writeFile(file(name), `content of ${name}`)));
  const pair = fileCertificateSecret(file('c'), file('k'));
  const roots = fileRootSecret(file('ca'), file('crl'));
  secrets.ask(pair);
  secrets.ask(roots);
  await expect.poll(() => changes).toBe(2);
  for (const text of ['content of c', 'content of k']) expect(has(pair, text)).toBe(true);
  for (const text of ['content of ca', 'content of crl']) expect(has(roots, text)).toBe(true);
  secrets.drop(pair);
  expect(secrets.current().has(pair)).toBe(false);
});

test('a file that is not there is told in the log, and answered once it comes', { timeout: 20_000 }, async () => {
  const late = join(folder, 'late');
  secrets.ask(fileRootSecret(late));
  await expect.poll(() => warned.length).toBeGreaterThan(0);
  expect(secrets.current().has(fileRootSecret(late))).toBe(false);
  await writeFile(late, 'here at last');
  await expect.poll(() => has(fileRootSecret(late), 'here at last'), { timeout: 15_000, interval: 200 }).toBe(true);
});
