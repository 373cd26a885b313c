/** Reads /proc: who is whose child. A confined application sits two processes below the one that the agent started. */
import { readdir, readFile } from 'node:fs/promises';

interface ProcessLine {
  readonly pid: number;
  readonly parent: number;
  readonly started: number;
}

/** proc_pid_stat(5): the name in parentheses may hold anything, so fields count from the last parenthesis. */
const parseStat = (text: string): ProcessLine => {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { pid: Number.parseInt(text, 10), parent: Number(fields[1]), started: Number(fields[19]) };
};

/** Children of a process, oldest first. */
export const childrenOf = async (parent: number): Promise<readonly number[]> => {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')));
  const children = stats
    .filter((text) => text !== '')
    .map(parseStat)
    .filter((line) => line.parent === parent);
  return children.sort((a, b) => a.started - b.started || a.pid - b.pid).map((line) => line.pid);
};

/** Whether a process has given up every capability for good: before that, its namespaces are still being built. */
export const isConfined = async (pid: number): Promise<boolean> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return /^CapBnd:\s*0+$/m.test(status) && /^NoNewPrivs:\s*1$/m.test(status);
};

export const signal = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};
