/**
 * Envoy as a sidecar's server side on loopback, whose policies change while it runs. There is no capture: what is dialled at
 * 127.0.0.2 or ::1 is meant for the same port of 127.0.0.1.
 */
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { emit, staticBootstrap, type View } from '@weft/compile';
import { type JsonObject, recordFile } from '@weft/envoy';
import { spawnEnvoy } from '../envoy.ts';
import { at, fromFiles, type Secrets, writeSecrets } from '../traffic/loopback.ts';

const formatter = {
  name: 'envoy.formatter.cel',
  typed_config: {
    '@type': 'type.googleapis.com/envoy.extensions.formatter.cel.v3.Cel',
    cel_config: { enable_string_functions: true },
  },
};
const meant = '"127.0.0.1:" + string(destination.port)';

/** What capture would have told of each connection. */
const asDialled = {
  name: 'uncaptured',
  typed_config: {
    '@type': 'type.googleapis.com/envoy.extensions.filters.network.set_filter_state.v3.Config',
    on_new_connection: [
      {
        object_key: 'envoy.network.transport_socket.original_dst_address',
        format_string: { text_format_source: { inline_string: `%CEL(${meant})%` }, formatters: [formatter] },
      },
    ],
  },
};

/** The listener at the addresses of these ports, as if capture had led there. */
export const uncaptured = (listener: JsonObject, ports: readonly number[]): JsonObject => {
  const filters = (listener.listener_filters as JsonObject[]).filter(({ name }) => name !== 'envoy.filters.listener.original_dst');
  const chains = listener.filter_chains as JsonObject[];
  const [first, ...others] = ports.flatMap((port) => [at('127.0.0.2', port), at('::1', port)]);
  const bound: JsonObject = {
    ...listener,
    listener_filters: filters,
    filter_chains: chains.map((chain) => ({ ...chain, filters: [asDialled, ...(chain.filters as JsonObject[])] })),
    address: first ?? {},
    additional_addresses: others.map((address) => ({ address })),
  };
  const text = JSON.stringify(bound)
    .replaceAll('destination.address', JSON.stringify(meant).slice(1, -1))
    .replaceAll(
      '"enable_string_functions":true',
      '"enable_string_functions":true,"enable_string_conversion":true,"enable_string_concat":true',
    );
  return JSON.parse(text);
};

const listType = 'type.googleapis.com/envoy.config.listener.v3.Listener';

export interface ServerSide {
  /** Returns when Envoy has taken it. @param edited what becomes of the listener's text first */
  set(view: View, edited?: (text: string) => string): Promise<void>;
  /** What the proxy has told of connections so far. */
  told(): string;
  /** The lines of its record file. */
  records(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

export interface ServerOptions {
  /** Where it listens, declared or not. */
  readonly ports: readonly number[];
  readonly secrets: Secrets;
  /** Seconds that connections of replaced chains last. */
  readonly drain: number;
}

const counters = (socketPath: string): Promise<Readonly<Record<string, number>>> =>
  new Promise((resolve, reject) => {
    const sent = request({ socketPath, path: '/stats?filter=^listener_manager', agent: false }, (response) => {
      let text = '';
      response.on('data', (data) => {
        text += data;
      });
      response.on('end', () =>
        resolve(Object.fromEntries(text.split('\n').map((line) => [line.split(':')[0], Number(line.split(':')[1])]))),
      );
    });
    sent.on('error', reject);
    sent.end();
  });

export const startServer = async (first: View, { ports, secrets, drain }: ServerOptions): Promise<ServerSide> => {
  const folder = await mkdtemp(join(tmpdir(), 'weft-authorization-'));
  await writeSecrets(folder, secrets);
  const [lds, admin] = [join(folder, 'lds.json'), join(folder, 'admin.sock')];
  const listenersOf = async (view: View, edited = (text: string) => text): Promise<void> => {
    const { listeners } = staticBootstrap(emit(view)).static_resources as { listeners: JsonObject[] };
    const inbound = listeners.filter(({ name }) => name === 'virtualInbound').map((listener) => uncaptured(listener, ports));
    const resources = inbound.map((listener) => ({ '@type': listType, ...listener }));
    await writeFile(`${lds}.new`, edited(JSON.stringify(fromFiles({ resources }, folder))));
    await rename(`${lds}.new`, lds);
  };
  await listenersOf(first);
  const { clusters } = staticBootstrap(emit(first)).static_resources as { clusters: JsonObject[] };
  const bootstrap = {
    node: { id: 'server', cluster: 'server' },
    admin: { address: { pipe: { path: admin } } },
    static_resources: { clusters: clusters.filter(({ name }) => name !== 'sds-grpc') },
    dynamic_resources: { lds_config: { resource_api_version: 'V3', path_config_source: { path: lds } } },
  };
  const args = ['--drain-time-s', String(drain), '--drain-strategy', 'immediate'];
  const envoy = await spawnEnvoy(folder, fromFiles(bootstrap, folder), { level: 'warn', args });
  const taken = async (wanted: number): Promise<void> => {
    for (const end = Date.now() + 60_000; Date.now() < end; await sleep(10)) {
      const counts = await counters(admin).catch((): Readonly<Record<string, number>> => ({}));
      if (counts['listener_manager.lds.update_rejected']) break;
      const waits = counts['listener_manager.total_listeners_warming'] ?? 1;
      if ((counts['listener_manager.lds.update_success'] ?? 0) >= wanted && waits === 0) return;
    }
    throw new Error(`Envoy does not take the listener: ${envoy.log()}`);
  };
  let sets = 1;
  await taken(sets);
  return {
    set: async (view, edited) => {
      sets += 1;
      await listenersOf(view, edited);
      await taken(sets);
    },
    told: envoy.accessLog,
    records: async () => (await readFile(join(folder, recordFile), 'utf8').catch(() => '')).split('\n').filter((line) => line !== ''),
    stop: async () => {
      await envoy.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
};
