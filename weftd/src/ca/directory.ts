import { constants } from 'node:fs';
import { chmod, lstat, mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * A directory for keys: 0700, files 0600, replaced as a whole. Wider permissions are refused, not
 * repaired: whoever could read the key may have read it already [G6].
 */
export const openKeyDirectory = async (path: string): Promise<void> => {
  const made = await mkdir(path, { recursive: true, mode: 0o700 });
  if (made !== undefined) await chmod(path, 0o700); // whatever the umask was
  await refuseIfWide(path, 'directory');
};

const refuseIfWide = async (path: string, kind: 'directory' | 'file'): Promise<void> => {
  const stat = await lstat(path);
  if (kind === 'directory' ? !stat.isDirectory() : !stat.isFile()) throw new Error(`${path} must be a ${kind}`);
  if (stat.uid !== process.geteuid?.()) throw new Error(`${path} belongs to another user (uid ${stat.uid})`);
  if ((stat.mode & 0o077) === 0) return;
  const mode = (stat.mode & 0o777).toString(8);
  throw new Error(
    `${path} can be read by others (mode ${mode}); its keys may be known. Remove ${dirname(path)}, or chmod go-rwx to go on with them`,
  );
};

/** @returns undefined if there is no such file */
export const readKeyFile = async (path: string): Promise<string | undefined> => {
  try {
    await refuseIfWide(path, 'file');
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
};

/** A crash at any point leaves the old file or the new one, whole. */
export const writeKeyFile = async (path: string, text: string): Promise<void> => {
  const next = `${path}.new`;
  const file = await open(next, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW, 0o600);
  try {
    await file.chmod(0o600);
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(next, path);
  const directory = await open(dirname(path));
  await directory.sync().finally(() => directory.close());
};
