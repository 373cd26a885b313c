/** A program for tests: the machine's own, or Debian's package, unpacked into the cache without being installed (that would start a service). */
import { execFile } from 'node:child_process';
import { access, constants, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const runs = (binary: string): Promise<boolean> =>
  run(binary, ['--version']).then(
    () => true,
    () => false,
  );

/** A package with one program of the same name. */
export interface Packaged {
  readonly name: string;
  /** Says where it is instead. */
  readonly variable: string;
}

const cacheOf = (name: string): string => join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'weft/packages', name);

/** The lists of packages may be missing on a fresh machine, and only root may fetch them. */
const download = async (name: string, folder: string): Promise<void> => {
  const ask = () => run('apt-get', ['download', name], { cwd: folder });
  await ask().catch(async (error) => {
    if (process.getuid?.() !== 0) throw error;
    await run('apt-get', ['-qq', 'update']);
    await ask();
  });
};

/** The package's `usr`, whole for whoever looks meanwhile, since it is moved at once. */
const unpack = async (name: string): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), `${name}-`));
  try {
    await download(name, folder);
    const [archive = ''] = await readdir(folder);
    await run('dpkg-deb', ['-x', join(folder, archive), join(folder, 'unpacked')]);
    const own = `${cacheOf(name)}.${process.pid}`;
    await mkdir(dirname(own), { recursive: true });
    await run('cp', ['-r', join(folder, 'unpacked/usr'), own]);
    await rm(cacheOf(name), { recursive: true, force: true });
    await rename(own, cacheOf(name));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

export interface Found {
  readonly path: string;
  /** What it would look for below /usr/share, were it installed. */
  readonly share?: string;
}

const unpacked = (name: string): Found => ({ path: join(cacheOf(name), 'bin', name), share: join(cacheOf(name), 'share') });

/** @returns where it is, or why it is nowhere. */
export const findPackaged = async ({ name, variable }: Packaged): Promise<Found | { readonly missing: string }> => {
  const installed = process.env[variable] ?? name;
  if (await runs(installed)) return { path: installed };
  if (await runs(unpacked(name).path)) return unpacked(name);
  const hasPackages = await access('/usr/bin/apt-get', constants.X_OK).then(
    () => true,
    () => false,
  );
  if (!hasPackages) return { missing: `no ${name} here: set ${variable} to one` };
  return unpack(name).then(
    () => unpacked(name),
    (error: Error) => ({ missing: `no ${name} could be had: ${error.message.split('\n')[0]}; set ${variable} to one` }),
  );
};
