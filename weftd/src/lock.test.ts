import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { takeLock } from './lock.ts';

let home = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'weft-lock-'));
});
afterEach(() => rmSync(home, { recursive: true }));

const path = () => join(home, 'weftd.lock');

it('is one’s own file alone, held until it is released', () => {
  const lock = takeLock(path());
  expect(readdirSync(home)).toEqual(['weftd.lock']);
  expect(statSync(path()).mode & 0o777).toBe(0o600);
  expect(() => takeLock(path())).toThrow(`process ${process.pid}`);
  lock.release();
  takeLock(path()).release();
  expect(readdirSync(home)).toEqual([]);
});

it.each(['', '\n', '0 \n', 'x 1\n', '999999999 12\n'])('is taken over where nobody holds it: %j', (left) => {
  writeFileSync(path(), left);
  takeLock(path()).release();
});
