/** DNS over a stream: each message behind two bytes of length (RFC 1035 4.2.2). */
import type { Socket } from 'node:net';

export const frame = (message: Buffer): Buffer => {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
};

/** Calls back for each whole message; what is incomplete waits. */
export const onMessages = (socket: Socket, take: (message: Buffer) => void): void => {
  let pending: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
      const end = 2 + pending.readUInt16BE(0);
      take(pending.subarray(2, end));
      pending = pending.subarray(end);
    }
  });
};

/** One question over one connection that `dial` opens. */
export const exchange = (dial: () => Socket, query: Buffer, timeoutMs: number): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const socket = dial();
    const timer = setTimeout(() => socket.destroy(new Error('no answer in time')), timeoutMs);
    onMessages(socket, (message) => {
      resolve(message);
      socket.destroy();
    });
    socket.on('error', reject);
    socket.on('close', () => {
      clearTimeout(timer);
      reject(new Error('closed without an answer'));
    });
    socket.write(frame(query));
  });
