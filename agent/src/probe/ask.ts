/**
 * Asks one probe's question as a kubelet does. The agent dials the pod itself, from an address that capture lets through,
 * so that the application answers and not its proxy, and no prober process is needed in each pod.
 */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { createConnection, isIPv6, type Socket } from 'node:net';
import type { Probe } from '@weft/model';
import { checkHealth } from './grpc.ts';

export type Outcome = { readonly ok: true } | { readonly ok: false; readonly reason: string; readonly refused?: true };

export interface ProbeTarget {
  readonly address: string;
  /** Source address; absent: whichever the kernel takes. */
  readonly source?: string;
  /** Runs a command in the container; the exit code, or null when it did not end in time. */
  readonly exec: (command: readonly string[], timeoutMs: number) => Promise<number | null>;
}

type Action = Probe['action'];
type HttpAction = Extract<Action, { kind: 'http' }>;

const passed: Outcome = { ok: true };
const failed = (reason: string): Outcome => ({ ok: false, reason });
const unasked = (error: NodeJS.ErrnoException): Outcome => ({
  ...{ ok: false, reason: error.message },
  ...(error.code === 'ECONNREFUSED' && { refused: true }),
});

const dial = (port: number, { address, source }: ProbeTarget): Socket =>
  createConnection({ port, host: address, ...(source !== undefined && { localAddress: source }) });

const askHttp = ({ path, port, scheme, headers }: HttpAction, target: ProbeTarget, timeoutMs: number): Promise<Outcome> =>
  new Promise((resolve) => {
    const request = scheme.toUpperCase() === 'HTTPS' ? httpsRequest : httpRequest;
    const outgoing = request({
      host: target.address,
      port,
      path,
      agent: false,
      headers: { 'user-agent': 'kube-probe/weft', accept: '*/*', ...Object.fromEntries(headers.map(({ name, value }) => [name, value])) },
      rejectUnauthorized: false,
      ...(target.source !== undefined && { localAddress: target.source }),
    });
    const timer = setTimeout(() => outgoing.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    const finish = (outcome: Outcome): void => {
      clearTimeout(timer);
      resolve(outcome);
    };
    outgoing.on('response', (response) => {
      const status = response.statusCode ?? 0;
      finish(status >= 200 && status < 400 ? passed : failed(`HTTP status ${status}`));
      outgoing.destroy();
    });
    outgoing.on('error', (error) => finish(unasked(error)));
    outgoing.end();
  });

const askTcp = (port: number, target: ProbeTarget, timeoutMs: number): Promise<Outcome> =>
  new Promise((resolve) => {
    const socket = dial(port, target);
    const timer = setTimeout(() => socket.destroy(new Error(`no connection within ${timeoutMs} ms`)), timeoutMs);
    const finish = (outcome: Outcome): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(outcome);
    };
    socket.on('connect', () => finish(passed));
    socket.on('error', (error) => finish(unasked(error)));
  });

const askGrpc = async (
  port: number,
  service: string,
  connection: { readonly target: ProbeTarget; readonly timeoutMs: number },
): Promise<Outcome> => {
  try {
    const { target, timeoutMs } = connection;
    const status = await checkHealth({
      dial: () => dial(port, target),
      authority: `${isIPv6(target.address) ? `[${target.address}]` : target.address}:${port}`,
      service,
      timeoutMs,
    });
    return status === 'SERVING' ? passed : failed(`gRPC health is ${status}`);
  } catch (error) {
    return unasked(error as Error);
  }
};

export const ask = async ({ action, timeoutSeconds }: Probe, target: ProbeTarget): Promise<Outcome> => {
  const timeoutMs = timeoutSeconds * 1_000;
  switch (action.kind) {
    case 'http':
      return askHttp(action, target, timeoutMs);
    case 'tcp':
      return askTcp(action.port, target, timeoutMs);
    case 'grpc':
      return askGrpc(action.port, action.service, { target, timeoutMs });
    case 'exec': {
      const code = await target.exec(action.command, timeoutMs);
      return code === 0 ? passed : failed(code === null ? `no end within ${timeoutMs} ms` : `command exited with code ${code}`);
    }
  }
};

export interface PodTarget extends Pick<ProbeTarget, 'exec'> {
  /** The pod's addresses, the first one first. */
  readonly sides: readonly Pick<ProbeTarget, 'address' | 'source'>[];
}

/** A kubelet asks the pod's one address; who listens in the other family alone is asked there. */
export const askPod = async (probe: Probe, { sides, exec }: PodTarget): Promise<Outcome> => {
  let outcome: Outcome = failed('the pod has no address');
  for (const side of sides) {
    const said = await ask(probe, { ...side, exec });
    if (said.ok || !said.refused) return said;
    if (side === sides[0]) outcome = said;
  }
  return outcome;
};
