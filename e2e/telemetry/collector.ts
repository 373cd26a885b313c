/** A real OpenTelemetry Collector for tests: what it takes it passes on as JSON, to be read. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, until } from '../mesh.ts';
import { freePort } from '../port.ts';
import { findBuilt } from './built.ts';
import { type Arrived, receiver } from './receiver.ts';

export const findCollector = () => findBuilt({ folder: join(root, 'e2e/telemetry/otelcol'), variable: 'WEFT_OTELCOL' });

/** PEM. */
export interface CollectorTls {
  readonly certificate: string;
  readonly key: string;
  /** Whose clients it takes. */
  readonly authority: string;
}

export interface Collector {
  readonly http: number;
  readonly grpc: number;
  /** What it took of a signal, as OTLP's JSON. */
  taken<T>(signal: 'metrics' | 'traces' | 'logs'): readonly T[];
  stop(): Promise<void>;
}

const listening = (port: number): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}/`).then(
    () => true,
    (error: Error) => !/ECONNREFUSED/.test(String(error.cause)),
  );

const read = <T>(arrived: readonly Arrived[], signal: string): readonly T[] =>
  arrived.filter(({ path }) => path === `/v1/${signal}`).map(({ body }) => JSON.parse(body.toString('utf8')) as T);

export const startCollector = async (binary: string, tls?: CollectorTls): Promise<Collector> => {
  const folder = await mkdtemp(join(tmpdir(), 'otelcol-'));
  const next = await receiver(0);
  const [http, grpc] = [await freePort(), await freePort()];
  const file = async (name: string, text: string): Promise<string> => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };
  const secured = tls && {
    tls: {
      cert_file: await file('tls.crt', tls.certificate),
      key_file: await file('tls.key', tls.key),
      client_ca_file: await file('ca.crt', tls.authority),
    },
  };
  const pipeline = { receivers: ['otlp'], exporters: ['otlphttp'] };
  const config = {
    receivers: {
      otlp: { protocols: { grpc: { endpoint: `127.0.0.1:${grpc}`, ...secured }, http: { endpoint: `127.0.0.1:${http}`, ...secured } } },
    },
    exporters: {
      otlphttp: { endpoint: next.address, encoding: 'json', compression: 'none', sending_queue: { enabled: false } },
    },
    service: { telemetry: { metrics: { level: 'none' } }, pipelines: { metrics: pipeline, traces: pipeline, logs: pipeline } },
  };
  const child = spawn(binary, ['--config', await file('config.yaml', JSON.stringify(config))], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += String(chunk);
  });
  const stop = async (): Promise<void> => {
    if (child.exitCode === null) {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    }
    next.server.close();
    await rm(folder, { recursive: true, force: true });
  };
  const ready = async (): Promise<true | undefined> => {
    if (child.exitCode !== null) throw new Error(`the collector ended: ${said}`);
    return ((await listening(grpc)) && (await listening(http))) || undefined;
  };
  await until('the collector is ready', ready, 20_000).catch(async (error) => {
    await stop();
    throw error;
  });
  return { http, grpc, taken: (signal) => read(next.arrived, signal), stop };
};
