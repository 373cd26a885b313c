/** Asks the agent, which knows how, for an Envoy: found, cached or fetched. */
import type { ChildProcess } from 'node:child_process';
import { Failure } from '../exit.ts';
import { startProgram } from './programs.ts';
import type { Progress } from './progress.ts';

const lines = (child: ChildProcess, stream: 'stdout' | 'stderr', onLine: (line: string) => void): void => {
  child[stream]?.on('data', (chunk: Buffer) => {
    for (const line of chunk.toString().split('\n')) if (line.trim()) onLine(line.trim());
  });
};

/** @returns the path of an Envoy that Weft was tested with */
export const findEnvoy = (
  asked: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  progress: Progress,
): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = startProgram({ name: 'agent', args: ['envoy', ...(asked ? ['--envoy', asked] : [])], env, output: ['pipe', 'pipe'] });
    let path = '';
    let said = '';
    lines(child, 'stdout', (line) => {
      path = line;
    });
    lines(child, 'stderr', (line) => {
      said = line;
      progress.step(line);
    });
    child.on('error', (error) => reject(new Failure(`cannot start the agent: ${error.message}`, undefined, { cause: error })));
    child.on('close', (code) => (code === 0 && path ? resolve(path) : reject(new Failure(said || 'no Envoy was found'))));
  });
