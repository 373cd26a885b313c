import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openTokenKey } from './tokens.ts';

test('a damaged key is named, with what to do', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'weft-tokens-'));
  writeFileSync(join(directory, 'token.pem'), 'garbage', { mode: 0o600 });
  const opened = openTokenKey(directory, { trustDomain: 'cluster.local', now: Date.now });
  await expect(opened).rejects.toThrow(`${join(directory, 'token.pem')} holds no key; remove it`);
  rmSync(directory, { recursive: true });
});
