/** What one `weft explain request --files` takes, start-up included: the clock's time, as a person waits for it. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './root.ts';
import type { ExplainFigures } from './table.ts';

/** Of which the fastest is told: other work on the machine only adds. */
const rounds = 5;

const timed = (args: readonly string[]): number => {
  const command = [join(root, 'dist/weft.js'), 'explain', 'request', ...args];
  const times = Array.from({ length: rounds }, () => {
    const before = performance.now();
    const { status, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`weft explain: ${stderr}`);
    return performance.now() - before;
  });
  return Math.min(...times);
};

/** @param mesh the folder of the large mesh, which nobody runs in: the question comes from outside */
export const explainFigures = (mesh: string): ExplainFigures => ({
  exampleMs: timed(['--from', 'web', '--to', 'http://catalog:8080/items', '--files', join(root, 'examples/shop')]),
  meshMs: timed(['--from', 'outside', '--to', 'http://svc-1:80/', '--files', mesh]),
});
