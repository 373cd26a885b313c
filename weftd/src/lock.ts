/** One weftd for each home: who runs it is written in a file that a dead process cannot hold. */
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

export interface Lock {
  release(): void;
}

/** Start time of a process in clock ticks (proc(5), field 22), so that a pid that was given out again is not taken for the old one. */
const startOf = (pid: number): string | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
};

/** Without /proc (macOS) a signal that does nothing tells as much as can be known. */
const isAlive = (pid: number, started: string): boolean => {
  const now = startOf(pid);
  if (now !== undefined) return now === started;
  try {
    process.kill(pid, 0);
    return started === '';
  } catch {
    return false;
  }
};

const holderOf = (path: string): { readonly pid: number; readonly started: string } | undefined => {
  try {
    const [pid = '', started = ''] = readFileSync(path, 'utf8').trim().split(' ');
    // Without a number nobody holds it, and process 0 would be our own group.
    return Number(pid) > 0 ? { pid: Number(pid), started } : undefined;
  } catch {
    return undefined;
  }
};

const isTaken = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'EEXIST';

/** Written beside and then linked, so that it is never there without its content, on a full disk neither. */
const write = (path: string): void => {
  const beside = `${path}.${process.pid}`;
  try {
    writeFileSync(beside, `${process.pid} ${startOf(process.pid) ?? ''}\n`, { mode: 0o600 });
    linkSync(beside, path);
  } finally {
    rmSync(beside, { force: true });
  }
};

/** Throws when a weftd is running on this home; a lock whose process is gone is taken over. */
export const takeLock = (path: string): Lock => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    write(path);
  } catch (error) {
    if (!isTaken(error)) throw error;
    const holder = holderOf(path);
    if (holder && isAlive(holder.pid, holder.started)) {
      throw new Error(`weftd is running here already (process ${holder.pid}, ${dirname(path)}); end it first, or use another --home`);
    }
    rmSync(path, { force: true });
    write(path);
  }
  return { release: () => rmSync(path, { force: true }) };
};
