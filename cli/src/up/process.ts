import { readFileSync } from 'node:fs';

/** A process that can be told from a later one with the same id. */
export interface ProcessId {
  readonly pid: number;
  /** Field 22 of /proc/<pid>/stat: clock ticks after boot; empty where there is no /proc. */
  readonly started: string;
}

export const identify = (pid: number): ProcessId | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field, the command, may contain spaces and brackets.
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' ? undefined : { pid, started: fields[18] ?? '' };
  } catch {
    return undefined;
  }
};

export const isRunning = (id: ProcessId): boolean => {
  const now = identify(id.pid);
  return now !== undefined && now.started === id.started;
};
