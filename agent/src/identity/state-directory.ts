import { randomUUID } from 'node:crypto';
import { chmod, lstat, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * What the agent keeps of one pod: readable by its owner alone, each file replaced as a whole, so that
 * a crash leaves the former one. Never inside what the application can see.
 */
export interface StateDirectory {
  /** @returns undefined if there is no such file; throws if others could have read it. */
  read(name: string): Promise<Buffer | undefined>;
  write(name: string, content: string | Uint8Array): Promise<void>;
}

export const openStateDirectory = async (path: string): Promise<StateDirectory> => {
  if ((await mkdir(path, { recursive: true, mode: 0o700 })) !== undefined) await chmod(path, 0o700); // whatever the umask was
  await refuseIfWide(path);
  return {
    read: async (name) => {
      try {
        await refuseIfWide(join(path, name));
        return await readFile(join(path, name));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }
    },
    write: async (name, content) => {
      const next = join(path, `.${name}.${randomUUID()}`);
      try {
        const file = await open(next, 'wx', 0o600);
        await file
          .writeFile(content)
          .then(() => file.datasync())
          .finally(() => file.close());
        await rename(next, join(path, name));
      } catch (error) {
        await rm(next, { force: true });
        throw error;
      }
    },
  };
};

const refuseIfWide = async (path: string): Promise<void> => {
  const { mode, uid } = await lstat(path);
  if (uid !== process.geteuid?.()) throw new Error(`${path} belongs to another user (uid ${uid})`);
  if ((mode & 0o077) !== 0) throw new Error(`${path} can be read by others (mode ${(mode & 0o777).toString(8)})`);
};
