/** `envoy --mode validate` of many configurations in one process: each is given names and addresses of its own. */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { agentCluster, type JsonObject, type JsonValue } from '@weft/envoy';

export interface Validator {
  readonly envoy: string;
  /** Scratch. */
  readonly folder: string;
}

let files = 0;

/** @returns empty when Envoy takes it, its complaint otherwise; a death of Envoy is a complaint too. */
export const complaint = async ({ envoy, folder }: Validator, bootstrap: JsonObject): Promise<string> => {
  files += 1;
  const file = join(folder, `${files}.json`);
  await writeFile(file, JSON.stringify(bootstrap));
  const args = ['--mode', 'validate', '-c', file, '-l', 'error', '--concurrency', '1'];
  try {
    const { stderr } = await promisify(execFile)(envoy, args, { timeout: 60_000, cwd: folder });
    return /error initializing|Proto constraint|rejected|\[critical\]|\[error\]/.test(stderr) ? stderr : '';
  } catch (error) {
    const { stderr, signal } = error as { readonly stderr?: string; readonly signal?: string };
    return [signal ?? '', stderr ?? String(error)].join(' ').trim() || 'failed without a word';
  }
};

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const listOf = (bootstrap: JsonObject, field: 'clusters' | 'listeners'): readonly JsonObject[] => {
  const fixed = bootstrap['static_resources'];
  const list = isObject(fixed) ? fixed[field] : undefined;
  return Array.isArray(list) ? list.filter(isObject) : [];
};

const renamed = (value: JsonValue, names: ReadonlyMap<string, string>): JsonValue => {
  if (typeof value === 'string') return names.get(value) ?? value;
  if (Array.isArray(value)) return value.map((item) => renamed(item, names));
  return isObject(value) ? Object.fromEntries(Object.entries(value).map(([key, field]) => [key, renamed(field, names)])) : value;
};

/** An address that is none stays, for Envoy to refuse. */
const moved = (address: JsonValue | undefined, index: number): JsonValue | undefined => {
  if (!isObject(address)) return address;
  const { socket_address: socket } = address;
  if (!isObject(socket) || isIP(String(socket['address'])) === 0) return address;
  return { ...address, socket_address: { ...socket, address: `127.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}` } };
};

/** All of them as one bootstrap. */
export const together = (bootstraps: readonly JsonObject[]): JsonObject => {
  let listeners = 0;
  const parts = bootstraps.map((bootstrap, index) => {
    const clusters = listOf(bootstrap, 'clusters').filter(({ name }) => name !== agentCluster);
    const names = new Map(clusters.map(({ name }) => [String(name), `${index}~${String(name)}`]));
    return {
      clusters: clusters.map((cluster) => renamed(cluster, names)),
      listeners: listOf(bootstrap, 'listeners').map((listener) => {
        listeners += 1;
        const own = renamed(listener, names) as JsonObject;
        return { ...own, name: `${index}~${String(own['name'])}`, address: moved(own['address'], listeners) } as JsonObject;
      }),
    };
  });
  const [first = {}] = bootstraps;
  const shared = listOf(first, 'clusters').filter(({ name }) => name === agentCluster);
  return {
    ...first,
    static_resources: {
      clusters: [...shared, ...parts.flatMap(({ clusters }) => clusters)],
      listeners: parts.flatMap((part) => part.listeners),
    },
  };
};
