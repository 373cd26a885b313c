/**
 * Runs a command in a container over a WebSocket, framed as Kubernetes' `v5.channel.k8s.io`: the first byte of each message is
 * the channel (0 stdin, 1 stdout, 2 stderr, 3 status as JSON, 255 "this channel is closed").
 */
import type { Writable } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Child } from '../process/child.ts';
import { signal } from '../process/tree.ts';

export const protocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io'] as const;

const channel = { stdin: 0, stdout: 1, stderr: 2, status: 3, close: 255 } as const;

/** What `metav1.Status` says of a command's end. */
export const statusOf = (code: number): object =>
  code === 0
    ? { metadata: {}, status: 'Success' }
    : {
        metadata: {},
        status: 'Failure',
        reason: 'NonZeroExitCode',
        message: `command terminated with non-zero exit code: exit status ${code}`,
        details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
      };

export const failureStatus = (message: string): object => ({ metadata: {}, status: 'Failure', reason: 'InternalError', message });

const send = (socket: WebSocket, number: number, payload: Buffer | string): void => {
  if (socket.readyState === socket.OPEN) socket.send(Buffer.concat([Buffer.from([number]), Buffer.from(payload)]));
};

export const endWith = (socket: WebSocket, status: object): void => {
  send(socket, channel.status, JSON.stringify(status));
  socket.close(1000);
};

/** Beyond this much unsent output the command has to wait. */
const highWater = 1024 * 1024;
const pauseMs = 20;

const pump = (source: NodeJS.ReadableStream | null, socket: WebSocket, number: number): void => {
  source?.on('data', (chunk: Buffer) => {
    send(socket, number, chunk);
    if (socket.bufferedAmount <= highWater) return;
    source.pause();
    const timer = setInterval(() => {
      if (socket.bufferedAmount > highWater && socket.readyState === socket.OPEN) return;
      clearInterval(timer);
      source.resume();
    }, pauseMs);
  });
};

/** A paused connection does not notice its end by itself; writing to it does. */
const knockMs = 1_000;

/** A command that does not read stops whoever writes to it. */
const pauseUntilRead = (socket: WebSocket, stdin: Writable): void => {
  if (socket.isPaused) return;
  socket.pause();
  const knock = setInterval(() => socket.readyState === socket.OPEN && socket.ping(), knockMs);
  const goOn = (): void => {
    clearInterval(knock);
    stdin.off('drain', goOn).off('close', goOn);
    socket.resume();
  };
  stdin.on('drain', goOn).on('close', goOn);
};

const takeInput = (message: Buffer, socket: WebSocket, stdin: Writable | null): void => {
  const [number, closed] = message;
  if (number === channel.stdin && stdin?.writable && !stdin.write(message.subarray(1))) pauseUntilRead(socket, stdin);
  if (number === channel.close && closed === channel.stdin) stdin?.end();
};

/** The command ends with the connection, and the connection with the command. */
export const attach = (socket: WebSocket, child: Child): void => {
  pump(child.process.stdout, socket, channel.stdout);
  pump(child.process.stderr, socket, channel.stderr);
  child.process.stdin?.on('error', () => {}); // The command closed its input: its business.
  socket.on('message', (data: Buffer) => takeInput(data, socket, child.process.stdin));
  socket.on('error', () => {});
  socket.on('close', () => child.pid > 0 && signal(-child.pid, 'SIGKILL'));
  // 'close' and not 'exit': all output has been read by then.
  child.process.once('close', (code, name) => endWith(socket, statusOf(code ?? (name === 'SIGKILL' ? 137 : 143))));
  child.process.once('error', (error) => endWith(socket, failureStatus(error.message)));
};
