/**
 * Does what a README or another page says: every `$` line of its ```console blocks is run, and must print the lines below it.
 * `~900` is a number that chance decides, `…` any text, and spaces are as many as one likes.
 */
import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { extreme, isLikely } from './chance.ts';
import { type Mesh, root } from './mesh.ts';

export interface Step {
  readonly command: string;
  readonly expected: readonly string[];
  /** How many requests the last `-n` asked for: of so many chance makes about `~900`. */
  readonly requests: number;
}

export const stepsOf = (readme: string): readonly Step[] => {
  const steps: { command: string; expected: string[]; requests: number }[] = [];
  let requests = 0;
  for (const [, block = ''] of readme.matchAll(/^```console\n([\s\S]*?)^```$/gm)) {
    for (const line of block.trimEnd().split('\n')) {
      if (line.startsWith('$ ')) {
        requests = Number(/ -n (\d+)/.exec(line)?.[1] ?? requests);
        steps.push({ command: line.slice(2), expected: [], requests });
      } else if (line.trim() !== '') steps.at(-1)?.expected.push(line);
    }
  }
  return steps;
};

const words = (line: string): string => line.trim().replace(/\s+/g, ' ');

/** More than there were requests are tries: each request makes a few, and they vary less than if each came by itself. */
const isNear = (got: number, about: number, requests: number): boolean =>
  about > requests ? Math.abs(got - about) < 5 * Math.sqrt(about) : isLikely(got, requests, about / requests, extreme);

const isLike = (expected: string, printed: string, requests: number): boolean => {
  const pattern = words(expected)
    .split(/(~\d+|…)/)
    .map((part) => (part === '…' ? '.*' : /^~\d/.test(part) ? '(\\d+)' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')))
    .join('');
  const found = new RegExp(`^${pattern}$`).exec(words(printed));
  if (!found) return false;
  const about = [...expected.matchAll(/~(\d+)/g)].map(([, number]) => Number(number));
  return about.every((number, index) => isNear(Number(found[index + 1]), number, requests));
};

/** What differs from what the README says; empty when nothing does. */
export const differences = ({ expected, requests }: Step, printed: readonly string[]): readonly string[] => {
  const missing = expected.filter((line) => !printed.some((other) => isLike(line, other, requests)));
  const surplus = expected.length === 0 ? [] : printed.filter((other) => !expected.some((line) => isLike(line, other, requests)));
  return [...missing.map((line) => `not printed: ${line}`), ...surplus.map((line) => `not in the README: ${line}`)];
};

/** The README's own words, on this mesh's copy of the folder and its port. */
const translated = (command: string, mesh: Mesh): string =>
  command.replaceAll('npx weft', `${process.execPath} ${join(root, 'dist/weft.js')}`).replaceAll('http://127.0.0.1:8080', mesh.gateway);

interface Done {
  readonly printed: readonly string[];
  readonly code: number;
}

const run = (command: string, mesh: Mesh): Promise<Done> =>
  new Promise((resolve) => {
    const env = { ...process.env, WEFT_HOME: mesh.home, NO_COLOR: '1' };
    const cwd = dirname(dirname(mesh.folder));
    execFile('sh', ['-c', translated(command, mesh)], { cwd, env, timeout: 60_000 }, (error, stdout, stderr) => {
      const printed = `${stdout}\n${stderr}`.split('\n').filter((line) => line.trim() !== '');
      resolve({ printed, code: error === null ? 0 : Number(error.code ?? 1) });
    });
  });

/** @returns every step that went otherwise, with what it printed */
export const walk = async (mesh: Mesh, readme: string): Promise<readonly string[]> => {
  const otherwise: string[] = [];
  for (const step of stepsOf(readme)) {
    const { printed, code } = await run(step.command, mesh);
    // Where the page says nothing of what is printed, the command succeeds.
    const found = step.expected.length === 0 && code !== 0 ? [`exit status ${code}`] : differences(step, printed);
    if (found.length > 0) otherwise.push([`$ ${step.command}`, ...printed, ...found].join('\n'));
  }
  return otherwise;
};
