/**
 * Shows a proxy the directory that it writes records to: they lie in the mesh's home, so that they are there after a restart of everything,
 * and a proxy sees nothing of the home but this.
 */
import { mkdir, rmdir, symlink } from 'node:fs/promises';
import { recordFile } from '@weft/envoy';
import { inside } from '../host/launch.ts';
import { run } from '../process/child.ts';

export interface RecordPlace {
  /** Nobody sees it there any more. */
  close(): Promise<void>;
}

/** @param directory of the proxy's own, in which it is started. @param out where the records go */
export const showRecords = async (directory: string, out: string, name: string): Promise<RecordPlace> => {
  const place = `${inside.records}/${name}`;
  await mkdir(place, { recursive: true, mode: 0o711 });
  await run(['mount', '-n', '--bind', out, place]);
  await symlink(`${place}/${recordFile}`, `${directory}/${recordFile}`);
  return {
    close: async () => {
      await run(['umount', '-n', place]);
      await rmdir(place);
    },
  };
};

/** Records are not kept: that is better than a proxy that does not start. */
export const withoutRecords = async (directory: string): Promise<void> => {
  await symlink('/dev/null', `${directory}/${recordFile}`);
};
