/** A real Jaeger for tests, with its traces in memory. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { root, until } from '../mesh.ts';
import { freePort } from '../port.ts';
import { findBuilt } from './built.ts';

export const findJaeger = () =>
  findBuilt({
    folder: join(root, 'e2e/telemetry/jaeger'),
    program: 'github.com/jaegertracing/jaeger/cmd/all-in-one',
    variable: 'WEFT_JAEGER',
    long: true,
  });

/** As its own API tells it; microseconds. */
export interface JaegerSpan {
  readonly spanID: string;
  readonly startTime: number;
  readonly duration: number;
  readonly references: readonly { readonly spanID: string }[];
}

export interface Jaeger {
  readonly http: number;
  readonly grpc: number;
  query<T>(path: string): Promise<{ readonly data: T }>;
  stop(): Promise<void>;
}

/** All else that it listens at, so that several may stand beside each other. */
const others = [
  ...['admin.http.host-port', 'collector.grpc-server.host-port', 'collector.http-server.host-port', 'query.grpc-server.host-port'],
  ...['http-server.host-port', 'processor.jaeger-binary.server-host-port', 'processor.jaeger-compact.server-host-port'],
  'processor.zipkin-compact.server-host-port',
];

export const startJaeger = async (binary: string): Promise<Jaeger> => {
  const [http, grpc, api] = [await freePort(), await freePort(), await freePort()];
  const ports = await Promise.all(others.map(async (name) => `--${name}=127.0.0.1:${await freePort()}`));
  const named = [`--collector.otlp.http.host-port=127.0.0.1:${http}`, `--collector.otlp.grpc.host-port=127.0.0.1:${grpc}`];
  const child = spawn(binary, [...named, `--query.http-server.host-port=127.0.0.1:${api}`, ...ports], { stdio: 'ignore' });
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  const query = async <T>(path: string): Promise<{ readonly data: T }> =>
    (await (await fetch(`http://127.0.0.1:${api}${path}`)).json()) as { readonly data: T };
  await until('Jaeger is ready', async () => ((await query('/api/services')) ? true : undefined), 20_000).catch(async (error) => {
    await stop();
    throw error;
  });
  return { http, grpc, query, stop };
};
