import { lstatSync, mkdirSync } from 'node:fs';
import type { Place } from '@weft/model';

/** Ours alone: in /tmp somebody else might have made it before us, to read our keys or to answer on our sockets. */
const ensurePrivate = (path: string): void => {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new Error(`cannot make ${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  const stat = lstatSync(path);
  if (!stat.isDirectory() || stat.uid !== process.getuid?.() || (stat.mode & 0o077) !== 0) {
    throw new Error(`${path} must be a directory of yours with mode 0700`);
  }
};

export const makeDirectories = ({ home, run }: Place): void => {
  ensurePrivate(home);
  ensurePrivate(run);
};
