/**
 * Shows a proxy the directory that it writes records to: they lie in the mesh's home, so that they are there after a restart of everything,
 * and a proxy sees nothing of the home but this.
 */
import { mkdir, rm, rmdir, symlink } from 'node:fs/promises';
import { recordFile } from '@weft/envoy';
import { inside } from '../host/launch.ts';
import { run } from '../process/child.ts';

export interface RecordPlace {
  /** To the proxy's records, from the next time on that the proxy opens its file. */
  show(): Promise<void>;
  /** Nobody sees it there any more. */
  close(): Promise<void>;
}

const link = async (directory: string, to: string): Promise<void> => {
  const path = `${directory}/${recordFile}`;
  await rm(path, { force: true });
  await symlink(to, path);
};

/** @param directory of the proxy's own, in which it is started. @param out where the records go */
export const recordPlace = async (directory: string, out: string, name: string): Promise<RecordPlace> => {
  const place = `${inside.records}/${name}`;
  await mkdir(place, { recursive: true, mode: 0o711 });
  await run(['mount', '-n', '--bind', out, place]);
  return {
    show: () => link(directory, `${place}/${recordFile}`),
    close: async () => {
      await run(['umount', '-n', place]);
      await rmdir(place);
    },
  };
};

/** Records are not kept, and the proxy counts that it could not write them: that is better than one that does not start. */
export const withoutRecords = (directory: string): Promise<void> => link(directory, '/dev/full');
