/** One mesh for each home: who runs it, and what a crashed run left behind. */
import { lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { filesOf, type Place } from '@weft/model';
import { Failure } from '../exit.ts';
import { identify, isRunning, type ProcessId } from './process.ts';

interface Holder extends ProcessId {
  readonly children: readonly ProcessId[];
}

export interface Lock {
  /** Remembers a child, so that the next start can end it should we die without doing so. */
  addChild(pid: number): void;
  release(): void;
}

/** A private directory; in /tmp somebody else might have made it before us. */
const ensurePrivate = (path: string): void => {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new Failure(`cannot make ${path}: ${(error as Error).message}`, undefined, { cause: error });
  }
  const { uid, mode } = lstatSync(path);
  const own = uid === process.getuid?.();
  if (!lstatSync(path).isDirectory() || !own || (mode & 0o077) !== 0) {
    throw new Failure(`${path} must be a directory of yours with mode 0700; remove it, or set WEFT_HOME and XDG_RUNTIME_DIR`);
  }
};

const readHolder = (path: string): Holder | undefined => {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
};

/** Only processes of that very run: their start time must match. */
const endLeftovers = (holder: Holder): void => {
  for (const child of holder.children) {
    if (isRunning(child)) process.kill(child.pid, 'SIGKILL');
  }
};

export const takeLock = (place: Place): Lock => {
  ensurePrivate(place.home);
  ensurePrivate(place.run);
  const { lock } = filesOf(place);
  const holder = readHolder(lock);
  if (holder && isRunning(holder)) {
    throw new Failure(
      `a mesh is running here already (process ${holder.pid}, home ${place.home}); end it first, or set WEFT_HOME to another folder`,
    );
  }
  if (holder) endLeftovers(holder);
  // Sockets of a run that is over; nothing in here is worth keeping.
  rmSync(place.run, { recursive: true, force: true });
  ensurePrivate(place.run);
  const self = identify(process.pid) ?? { pid: process.pid, started: '' };
  const children: ProcessId[] = [];
  const write = (): void => writeFileSync(lock, JSON.stringify({ ...self, children: children.filter(isRunning) }), { mode: 0o600 });
  write();
  return {
    addChild: (pid) => {
      const id = identify(pid);
      if (id) children.push(id);
      write();
    },
    release: () => rmSync(place.run, { recursive: true, force: true }),
  };
};
