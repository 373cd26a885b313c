/** A full disk, in the words that every program uses for it. */

/** The one line that a user reads, whoever met it first. */
export const diskIsFull = (folder: string): string =>
  `the disk that holds ${folder} is full: free some space, or set WEFT_HOME to a folder on another disk`;

/** From <errno.h>: no space left on device, disk quota exceeded. */
const systemCodes: readonly unknown[] = ['ENOSPC', 'EDQUOT'];
/** sqlite.org/rescode.html: SQLITE_FULL, and SQLITE_IOERR_SHMSIZE, which is its word for no room for the index of the log. */
const sqliteCodes: readonly unknown[] = [13, 4874];

/** @returns whether this, or what caused it, is a disk that takes nothing more */
export const isDiskFull = (error: unknown): boolean => {
  if (!(error instanceof Error)) return false;
  const { code, errcode } = error as Error & { readonly code?: unknown; readonly errcode?: unknown };
  return systemCodes.includes(code) || sqliteCodes.includes(errcode) || isDiskFull(error.cause);
};
