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

/** So many files are open at once: hundreds of pods on a node start together. */
const atOnce = 64;

const readAll = async (): Promise<readonly ProcessLine[]> => {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines: ProcessLine[] = [];
  for (let first = 0; first < pids.length; first += atOnce) {
    const batch = pids.slice(first, first + atOnce);
    const texts = await Promise.all(batch.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')));
    lines.push(...texts.filter((text) => text !== '').map(parseStat));
  }
  return lines;
};

let reading: Promise<unknown> = Promise.resolve();
let next: Promise<readonly ProcessLine[]> | undefined;

/** One reading serves all who ask before it begins; who comes later has the one after it, and so never sees what was before he asked. */
const processes = (): Promise<readonly ProcessLine[]> => {
  next ??= reading.then(() => {
    next = undefined;
    const lines = readAll();
    reading = lines.catch(() => {});
    return lines;
  });
  return next;
};

/** Children of a process, oldest first. (What the kernel itself tells of children, CONFIG_PROC_CHILDREN, not every kernel has.) */
export const childrenOf = async (parent: number): Promise<readonly number[]> => {
  const children = (await processes()).filter((line) => line.parent === parent);
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
