#!/usr/bin/env node
/** `weft`: the release bundle where it was built, the sources otherwise; under a newer Node where this one is too old. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findNode, runInPlace } from './runtime.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const bundle = join(root, 'dist/weft.js');
const program = existsSync(bundle) && process.env.WEFT_FROM_SOURCE !== '1' ? bundle : join(root, 'cli/src/main.ts');

const node = findNode(root);
if (!node) {
  process.stderr.write(
    `weft needs Node 22.13 or newer, this is ${process.version}; run \`npm start\` or \`npm run build\` once, which brings one along\n`,
  );
  process.exitCode = 1;
} else if (node.path === process.execPath && node.flags.length === 0) {
  await import(program);
} else {
  process.exitCode = await runInPlace(node.path, [...node.flags, program, ...process.argv.slice(2)]);
}
