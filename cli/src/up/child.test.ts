import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';

/** A process that does nothing else, as when all children are away: the second end is told by its exit code. */
const supervisor = (logFile: string): string => `
import { Child } from ${JSON.stringify(new URL('./child.ts', import.meta.url).href)};
let ends = 0;
const onExit = () => ++ends === 2 && process.exit(7);
new Child({ name: 'weftd', args: ['--no-such-flag'], env: process.env, logFile: ${JSON.stringify(logFile)}, onStart: () => {}, onExit }).start();
`;

it('is started again, though nothing else keeps this process alive', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'weft-child-'));
  const program = join(folder, 'supervisor.mjs');
  writeFileSync(program, supervisor(join(folder, 'log')));
  const code = await new Promise((resolve) => {
    execFile(process.execPath, [program]).on('exit', resolve);
  });
  rmSync(folder, { recursive: true });
  expect(code).toBe(7);
});
