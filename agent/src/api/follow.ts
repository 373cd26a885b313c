import type { Writable } from 'node:stream';
import type { LogFile } from '../process/log-file.ts';

/** What a reader who stands still may have waiting for it. */
const followLimit = 4 * 1024 * 1024;

/** A reader who falls behind loses lines, and is told so: kept for it, they would fill the memory of the agent, with which the mesh ends. */
export const followLog = (log: LogFile, reader: Pick<Writable, 'write' | 'writableLength'>): (() => void) => {
  let lost = 0;
  return log.follow((chunk) => {
    if (reader.writableLength > followLimit) {
      lost += chunk.length;
      return;
    }
    if (lost > 0) reader.write(`\nweft: ${lost} bytes are left out here: they came faster than they were read\n`);
    lost = 0;
    reader.write(chunk);
  });
};
