/** Whatever dies when: every certificate that anybody was handed is in the journal. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';

const kills = process.env.WEFT_LONG === '1' ? 1000 : 3;

let home: string;
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'weft-journal-'));
  const entryPoints = [fileURLToPath(new URL('./issuer.fixture.ts', import.meta.url))];
  const banner = { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" };
  await build({ entryPoints, outfile: join(home, 'issuer.mjs'), bundle: true, platform: 'node', format: 'esm', banner });
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** Serials that were handed out before the kill. */
const killed = async (lifeMs: number): Promise<readonly string[]> => {
  const child = spawn(process.execPath, [join(home, 'issuer.mjs'), join(home, 'ca')], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    if (said === '') setTimeout(() => child.kill('SIGKILL'), lifeMs);
    said += chunk.toString();
  });
  await once(child, 'close');
  return said.split('\n').slice(0, -1);
};

test(
  'kill -9 at any point leaves no certificate that is not written down',
  async () => {
    const handed = new Set<string>();
    for (let kill = 0; kill < kills; kill += 1) for (const serial of await killed(Math.random() * 25)) handed.add(serial);
    const lines = readFileSync(join(home, 'ca', 'journal.jsonl'), 'utf8').split('\n');
    const written = new Set(lines.map((line) => /"serial":"([0-9a-f]{32})"/.exec(line)?.[1]));
    expect(handed.size).toBeGreaterThan(kills);
    expect([...handed].filter((serial) => !written.has(serial))).toEqual([]);
  },
  kills * 10_000,
);
