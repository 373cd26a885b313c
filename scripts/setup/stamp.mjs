/** Steps are repeated when the content of their inputs changed, not when a clock says so. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const skipped = new Set(['node_modules', 'dist', 'golden', '.node', '.git']);

const filesBelow = (path) => {
  if (!existsSync(path)) return [];
  if (statSync(path).isFile()) return [path];
  return readdirSync(path)
    .filter((name) => !skipped.has(name))
    .sort()
    .flatMap((name) => filesBelow(join(path, name)));
};

const hashOf = (root, inputs) => {
  const hash = createHash('sha256');
  for (const file of inputs.flatMap((input) => filesBelow(join(root, input)))) {
    if (!file.endsWith('.test.ts'))
      hash
        .update(`${file.slice(root.length)}\0`)
        .update(readFileSync(file))
        .update('\0');
  }
  return hash.digest('hex');
};

/**
 * Runs `step` unless it already ran for the same inputs.
 * @param {{ root: string, stamp: string, inputs: string[], outputs: string[] }} work paths relative to `root`
 * @param {() => void} step
 */
export const onChange = ({ root, stamp, inputs, outputs }, step) => {
  const hash = hashOf(root, inputs);
  const path = join(root, stamp);
  const done = existsSync(path) && readFileSync(path, 'utf8') === hash && outputs.every((output) => existsSync(join(root, output)));
  if (done) return;
  step();
  mkdirSync(dirname(path), { recursive: true });
  // Hashed again: the step may write one of its inputs (a lockfile, generated sources).
  writeFileSync(path, hashOf(root, inputs));
};
