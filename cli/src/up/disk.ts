import { statfsSync } from 'node:fs';
import { diskIsFull, isDiskFull } from '@weft/model';
import { Failure } from '../exit.ts';

/** Less than one write of the store, of a log and of a pod's configuration needs together. */
const leastBytes = 64 * 1024;

/** Asked when a program ended: where the disk is full, its log may have no room for why. */
const isFull = (folder: string): boolean => {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize < leastBytes;
  } catch {
    return false;
  }
};

/** @returns the one line about a full disk, if that is why a program ended with these last words */
export const fullDisk = (home: string, lastWords: string): string | undefined =>
  lastWords === diskIsFull(home) || isFull(home) ? diskIsFull(home) : undefined;

/** What a full disk refuses to `work` is said in one line. */
export const onDisk = <Result>(home: string, work: () => Result): Result => {
  try {
    return work();
  } catch (error) {
    throw isDiskFull(error) ? new Failure(diskIsFull(home), undefined, { cause: error }) : error;
  }
};
