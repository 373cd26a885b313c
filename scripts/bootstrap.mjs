/**
 * What `npm start`, `npm test` and the other scripts run: brings what is missing (a Node, dependencies, generated
 * sources, the build, system programs), then the command. Runs on Node >= 18 without dependencies.
 */
import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runInPlace, withNode } from '../cli/bin/runtime.mjs';
import { ensureNode, npmEnvironment } from './setup/node.mjs';
import { reachableByOthers } from './setup/reachable.mjs';
import { Problem, say } from './setup/say.mjs';
import { onChange } from './setup/stamp.mjs';
import { ensureSystemPrograms } from './setup/system.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const packages = ['model', 'envoy', 'compile', 'signals', 'weftd', 'agent', 'cli', 'dashboard'];
const vitest = ['node_modules/vitest/vitest.mjs', 'run'];

/** What each script runs with Node, after set-up. */
const commands = {
  start: { build: true, system: 'start', run: ['dist/weft.js', 'up', 'examples/shop'] },
  test: { build: true, system: 'test', run: vitest },
  'test:long': { build: true, system: 'test', run: vitest, env: { WEFT_LONG: '1' } },
  check: { build: true, system: 'test', run: ['scripts/check.ts'] },
  build: { build: true, run: [] },
  bench: { build: true, system: 'start', run: ['bench/main.ts'] },
  golden: { build: false, run: [...vitest, '--project', 'libraries', 'compile/golden'] },
};

const must = (what, result) => {
  if (result.status !== 0) throw new Problem(`${what} failed${result.error ? `: ${result.error.message}` : ''}`);
};

const install = (env) =>
  onChange({ root, stamp: 'node_modules/.weft-stamp', inputs: ['package-lock.json'], outputs: ['node_modules'] }, () => {
    say('installing dependencies (npm ci)');
    must(
      'npm ci',
      spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: root, env: npmEnvironment(env), stdio: ['ignore', 'ignore', 'inherit'] }),
    );
  });

const runScript = (node, env, script) =>
  must(script, spawnSync(node.path, [...node.flags, script], { cwd: root, env, stdio: ['ignore', 2, 2] }));

const generated = {
  stamp: 'envoy/src/gen/.stamp',
  inputs: ['envoy/data', 'model/data', 'scripts/generate.ts', 'scripts/validators.ts', 'package-lock.json'],
  outputs: ['envoy/src/gen', 'model/src/gen/validators.js'],
};

const generate = (node, env) =>
  onChange({ root, ...generated }, () => {
    say("generating types from Envoy's API and validators from schemas");
    runScript(node, env, 'scripts/generate.ts');
  });

const build = (node, env) =>
  onChange(
    { root, stamp: 'dist/.stamp', inputs: ['package-lock.json', 'scripts/build.ts', ...packages], outputs: ['dist/weft.js'] },
    () => {
      say('building');
      runScript(node, env, 'scripts/build.ts');
    },
  );

/** Killed outright, npm tells nobody: whoever it started has to notice. */
const endWithNpm = () => {
  if (!process.env.npm_lifecycle_event) return;
  const { ppid } = process;
  setInterval(() => process.ppid === ppid || process.kill(process.pid, 'SIGTERM'), 500).unref();
};

const runLine = ([program, ...args], env) => runInPlace(program, args, { cwd: root, env });

const runTests = async (line, env) => {
  const reachable = reachableByOthers(root, line, env);
  try {
    return await runLine(reachable.command, reachable.env);
  } finally {
    reachable.close();
  }
};

const main = async ([name = '', ...args]) => {
  const command = commands[name];
  if (!command) throw new Problem(`no such command: ${name}; there are ${Object.keys(commands).join(', ')}`);
  const node = ensureNode(root);
  const env = { ...withNode(node), ...command.env };
  install(env);
  generate(node, env);
  if (command.system) ensureSystemPrograms(command.system);
  if (command.build) build(node, env);
  if (command.run.length === 0) return 0;
  endWithNpm();
  const line = [node.path, ...node.flags, ...command.run, ...args];
  return await (command.system === 'test' ? runTests(line, env) : runLine(line, env));
};

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Problem)) throw error;
  say(error.message);
  process.exitCode = 1;
}
