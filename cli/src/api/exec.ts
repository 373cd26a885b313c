/**
 * `exec` over a WebSocket with Kubernetes' framing `v5.channel.k8s.io`: the first byte of each message names its channel
 * (https://github.com/kubernetes/enhancements/tree/master/keps/sig-api-machinery/4006-transition-spdy-to-websockets).
 */
import type { Readable } from 'node:stream';
import WebSocket from 'ws';
import { Failure } from '../exit.ts';

const channels = { stdin: 0, stdout: 1, stderr: 2, status: 3, close: 255 } as const;

export interface ExecRequest {
  readonly socket: string;
  readonly namespace: string;
  readonly pod: string;
  readonly container?: string;
  readonly command: readonly string[];
  /** Absent: the command reads nothing. */
  readonly stdin?: Readable;
  readonly onOutput: (bytes: Uint8Array, to: 'out' | 'err') => void;
}

/** The fields that we read of a Kubernetes `Status`. */
interface ExecStatus {
  readonly status?: string;
  readonly message?: string;
  readonly reason?: string;
  readonly details?: { readonly causes?: readonly { readonly reason?: string; readonly message?: string }[] };
}

const exitCodeOf = (status: ExecStatus): number => {
  if (status.status === 'Success') return 0;
  const exit = status.details?.causes?.find((cause) => cause.reason === 'ExitCode');
  if (exit) return Number(exit.message);
  throw new Failure(status.message ?? 'the command could not be run');
};

const addressOf = ({ socket, namespace, pod, container, command, stdin }: ExecRequest): string => {
  const query = new URLSearchParams(command.map((word): [string, string] => ['command', word]));
  if (container) query.append('container', container);
  if (stdin) query.append('stdin', 'true');
  return `ws+unix://${socket}:/api/v1/pods/${namespace}/${pod}/exec?${query}`;
};

const frame = (channel: number, bytes: Uint8Array): Uint8Array => Buffer.concat([Buffer.of(channel), bytes]);

const forwardInput = (stdin: Readable, peer: WebSocket): void => {
  stdin.on('data', (chunk: Buffer) => {
    stdin.pause();
    peer.send(frame(channels.stdin, chunk), () => stdin.resume());
  });
  stdin.on('end', () => {
    if (peer.readyState === WebSocket.OPEN) peer.send(Buffer.of(channels.close, channels.stdin));
  });
};

/** @returns the command's exit code */
export const exec = (request: ExecRequest): Promise<number> =>
  new Promise((resolve, reject) => {
    const peer = new WebSocket(addressOf(request), ['v5.channel.k8s.io']);
    let status: ExecStatus | undefined;
    peer.on('open', () => request.stdin && forwardInput(request.stdin, peer));
    peer.on('message', (data: Buffer) => {
      const body = data.subarray(1);
      if (data[0] === channels.stdout) request.onOutput(body, 'out');
      else if (data[0] === channels.stderr) request.onOutput(body, 'err');
      else if (data[0] === channels.status) status = JSON.parse(body.toString()) as ExecStatus;
    });
    peer.on('unexpected-response', (_, message) => {
      const chunks: Buffer[] = [];
      message.on('data', (chunk: Buffer) => chunks.push(chunk));
      message.on('error', () => {}); // Who refuses a request unread cuts it off; what came until then is the answer.
      message.on('close', () => reject(new Failure(errorIn(Buffer.concat(chunks).toString(), message.statusCode ?? 0))));
    });
    peer.on('error', (error) => reject(new Failure(`no mesh is running here (socket ${request.socket}): ${error.message}`)));
    peer.on('close', () => {
      request.stdin?.destroy();
      try {
        if (!status) throw new Failure('the connection ended before the command did');
        resolve(exitCodeOf(status));
      } catch (error) {
        reject(error);
      }
    });
  });

const errorIn = (text: string, status: number): string => {
  if (status === 431) return 'the command is too long: with its arguments it may have about 15 KB';
  try {
    return (JSON.parse(text) as { error?: string }).error ?? text;
  } catch {
    return `weftd answered with status ${status}`;
  }
};
