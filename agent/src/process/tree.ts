/** Reads /proc: who is whose child. A confined application sits two processes below the one that the agent started. */
import { readdir, readFile } from 'node:fs/promises';

interface ProcessLine {
  readonly pid: number;
  readonly parent: number;
  readonly started: number;
  /** Ticks of the clock, its own and of children that ended. */
  readonly ticks: number;
  readonly pages: number;
}

/** proc_pid_stat(5): the name in parentheses may hold anything, so fields count from the last parenthesis. */
const parseStat = (text: string): ProcessLine => {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return { pid: Number.parseInt(text, 10), parent: Number(fields[1]), started: Number(fields[19]), ticks, pages: Number(fields[21]) };
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

/** What a process and all below it have used. */
export interface Usage {
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
}

const below = (pid: number, byParent: ReadonlyMap<number, readonly ProcessLine[]>): readonly ProcessLine[] =>
  (byParent.get(pid) ?? []).flatMap((line) => [line, ...below(line.pid, byParent)]);

/** Of each of these, at one moment. */
export const usageOf = async (pids: readonly number[], units: Units): Promise<readonly Usage[]> => {
  const all = await processes();
  const byParent = Map.groupBy(all, ({ parent }) => parent);
  return pids.map((pid) => {
    const family = [...all.filter((line) => line.pid === pid), ...below(pid, byParent)];
    const sum = (value: (line: ProcessLine) => number): number => family.reduce((total, line) => total + value(line), 0);
    return { cpuSeconds: sum(({ ticks }) => ticks) / units.ticksPerSecond, memoryBytes: sum(({ pages }) => pages) * units.pageBytes };
  });
};

/** In which the kernel counts. */
export interface Units {
  readonly ticksPerSecond: number;
  readonly pageBytes: number;
}

/** getauxval(3): pairs of words that the kernel gives each process; AT_PAGESZ is 6 and AT_CLKTCK 17. */
export const kernelUnits = async (): Promise<Units> => {
  const words = await readFile('/proc/self/auxv');
  const values = new Map<bigint, bigint>();
  for (let at = 0; at + 16 <= words.length; at += 16) values.set(words.readBigUInt64LE(at), words.readBigUInt64LE(at + 8));
  return { pageBytes: Number(values.get(6n) ?? 4096n), ticksPerSecond: Number(values.get(17n) ?? 100n) };
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
