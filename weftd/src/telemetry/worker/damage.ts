/** Files that a disk has damaged: they are put aside for whoever wants to look, and what is observed goes on in a new one. */
import { existsSync, renameSync, rmSync } from 'node:fs';

/** sqlite.org/rescode.html: SQLITE_CORRUPT and SQLITE_NOTADB; the bits above say more of the same. */
const codes: readonly number[] = [11, 26];

export const isDamaged = (error: unknown): boolean => {
  if (!(error instanceof Error)) return false;
  const { errcode } = error as Error & { readonly errcode?: unknown };
  return (typeof errcode === 'number' && codes.includes(errcode & 0xff)) || isDamaged(error.cause);
};

/** Of those put aside only the last one stays. @returns where it is now */
export const putAside = (path: string): string => {
  const aside = `${path}.damaged`;
  for (const end of ['', '-wal', '-shm']) {
    rmSync(`${aside}${end}`, { force: true });
    if (existsSync(`${path}${end}`)) renameSync(`${path}${end}`, `${aside}${end}`);
  }
  return aside;
};
