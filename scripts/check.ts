/** All that CI does. `npm run check -- --fast` leaves the tests out. */
import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installScriptProblems, pinProblems } from './check-dependencies.ts';
import { pathProblems, sizeProblems } from './check-files.ts';
import { layerProblems } from './check-layers.ts';
import { ruleProblems } from './check-rules.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const packages = ['model', 'model/node', 'envoy', 'compile', 'signals', 'weftd', 'agent', 'cli', 'dashboard', 'e2e/console'];

interface Step {
  readonly name: string;
  /** @returns lines to print; none when all is well */
  readonly run: () => string[] | Promise<string[]>;
}

/** A program that must end with 0; its output is the problem otherwise. */
const program = (name: string, args: readonly string[]): Step => ({
  name,
  run: () =>
    new Promise((resolve) => {
      const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
      const output: Buffer[] = [];
      child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
      child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
      child.on('exit', (code) => resolve(code === 0 ? [] : [Buffer.concat(output).toString().trimEnd()]));
    }),
});

const quick: readonly Step[] = [
  program('format and lint', ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings']),
  ...packages.map((name) => program(`types: ${name}`, ['node_modules/typescript/bin/tsc', '-p', name])),
  program('types: tests, scripts, bench', ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.tests.json']),
  { name: 'layers', run: () => layerProblems(root) },
  { name: 'file sizes', run: () => sizeProblems(root) },
  { name: 'paths in documents', run: () => pathProblems(root) },
  { name: 'cited rules', run: () => ruleProblems(root) },
  { name: 'pinned dependencies', run: () => pinProblems(root) },
  { name: 'install scripts', run: () => installScriptProblems(root) },
];

const report = async (step: Step): Promise<boolean> => {
  const problems = await step.run();
  process.stdout.write(`${problems.length === 0 ? 'ok  ' : 'FAIL'} ${step.name}\n`);
  for (const problem of problems) process.stdout.write(`     ${problem.replaceAll('\n', '\n     ')}\n`);
  return problems.length === 0;
};

const tests = (): Promise<number> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, ['node_modules/vitest/vitest.mjs', 'run'], { cwd: root, stdio: 'inherit' });
    child.on('exit', (code) => resolve(code ?? 1));
  });

const results: boolean[] = [];
for (const step of quick) results.push(await report(step));
const checked = results.every(Boolean);
const tested = process.argv.includes('--fast') || (await tests()) === 0;
process.exitCode = checked && tested ? 0 : 1;
