/**
 * A pipe that its user may open again by `/dev/stdout` or `/dev/stderr`, as many programs in containers do.
 * What Node makes for a child's output are sockets, which cannot be opened, and they belong to the agent's user.
 */
import { randomBytes } from 'node:crypto';
import { chownSync, closeSync, constants, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { run } from './child.ts';

export interface OutputPipe {
  readonly reader: Socket;
  /** For the child. */
  readonly writeEnd: number;
  /** After the child is started: the reader ends when the last writer does. */
  closeWriteEnd(): void;
}

/** @param directory where a name can exist for a moment. */
export const openPipe = async (directory: string, user: number | undefined): Promise<OutputPipe> => {
  const file = `${directory}/.${randomBytes(6).toString('hex')}`;
  await run(['mkfifo', '-m', '0600', file]);
  try {
    if (user !== undefined) chownSync(file, user, user);
    // The reading end first, and without waiting for a writer: fifo(7).
    const readEnd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const writeEnd = openSync(file, constants.O_WRONLY);
    const reader = new Socket({ fd: readEnd, readable: true, writable: false });
    reader.on('error', () => {}); // Its end is all that matters.
    return { reader, writeEnd, closeWriteEnd: () => closeSync(writeEnd) };
  } finally {
    rmSync(file, { force: true });
  }
};
