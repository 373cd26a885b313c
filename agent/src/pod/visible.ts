/** Decides what a container's view must hide and show on this machine, by looking at the file system. */
import { access, constants, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import type { ContainerSpec, Place } from '@weft/model';

export interface Surroundings {
  readonly place: Place;
  /** Home of the user who runs the mesh. */
  readonly userHome: string;
  /** Applications run as another user, who may not pass directories that are closed to others. */
  readonly separateUsers: boolean;
  /** Node's binary, for containers that run `node`. */
  readonly node: string;
  /** The agent's own program: its directory is guarded. */
  readonly program: string;
}

export interface Visible {
  readonly covers: readonly string[];
  readonly shows: readonly string[];
  readonly guards: readonly string[];
  readonly secrets: readonly string[];
}

const real = (file: string): Promise<string | undefined> => realpath(file).catch(() => undefined);

/** `/a/b/c` -> `/a/b/c`, `/a/b`, `/a`. */
const upwards = (file: string): readonly string[] => {
  const parents: string[] = [];
  for (let at = file; at !== '/'; at = path.dirname(at)) parents.push(at);
  return parents;
};

const exists = (file: string): Promise<boolean> =>
  access(file, constants.F_OK).then(
    () => true,
    () => false,
  );

/** A program's tree: `/opt/x/bin/tool` needs `/opt/x`; a script needs the directory that it lies in. */
const treeOf = (file: string): string => {
  const directory = path.dirname(file);
  return ['bin', 'sbin', '.bin'].includes(path.basename(directory)) ? path.dirname(directory) : directory;
};

/** Where Node looks for packages and module types above a directory. */
const nodeSurroundings = async (directory: string): Promise<readonly string[]> => {
  const candidates = upwards(directory).flatMap((at) => [`${at}/node_modules`, `${at}/package.json`]);
  const found = await Promise.all(candidates.map(async (file) => ((await exists(file)) ? file : undefined)));
  return found.filter((file) => file !== undefined);
};

/** Words of the command that name something that exists: `../apps/web.mjs`, `/opt/venv/bin/python3`. */
const namedTrees = async ({ command, args }: ContainerSpec, directory: string): Promise<readonly string[]> => {
  const named = [...command, ...args]
    .filter((word) => word.includes('/') && !word.includes('\0'))
    .map((word) => path.resolve(directory, word));
  const trees = await Promise.all(
    named.map(async (file) => {
      const target = await real(file);
      if (!target) return [];
      const isDirectory = (await stat(target)).isDirectory();
      // A virtual environment's python is a link: both the link's tree and its target's are needed.
      return isDirectory ? [target] : [treeOf(file), treeOf(target)];
    }),
  );
  return trees.flat();
};

/** Ancestors that other users may not pass. */
const closedAncestors = async (file: string): Promise<readonly string[]> => {
  const closed = await Promise.all(
    upwards(path.dirname(file)).map(async (directory) => {
      const mode = await stat(directory).then(
        (found) => found.mode,
        () => 0o1,
      );
      return (mode & 0o1) === 0 ? directory : undefined;
    }),
  );
  return closed.filter((directory) => directory !== undefined);
};

/** The nearest directory above a program that holds its packages: what must not be changed by the program's own wards. */
const homeOfProgram = async (program: string): Promise<string> => {
  for (const directory of upwards(path.dirname(program))) {
    if (await exists(`${directory}/node_modules`)) return directory;
  }
  return path.dirname(program);
};

const isPlain = (directory: string | undefined): directory is string => directory !== undefined && directory !== '/';

export const visibleFor = async (spec: ContainerSpec, around: Surroundings): Promise<Visible & { readonly workingDir: string }> => {
  const workingDir = (await real(spec.workingDir)) ?? spec.workingDir;
  const needed = [workingDir, treeOf((await real(around.node)) ?? around.node), ...(await namedTrees(spec, workingDir))];
  const shows = [...needed, ...(await nodeSurroundings(workingDir))].filter(isPlain);
  const homes = await Promise.all(['/home', '/root', around.userHome].map(real));
  const closed = around.separateUsers ? (await Promise.all(shows.map(closedAncestors))).flat() : [];
  const secrets = await Promise.all([around.place.home, around.place.run].map(real));
  return {
    workingDir,
    covers: [...homes, ...closed].filter(isPlain),
    shows,
    guards: [await homeOfProgram(around.program)].filter(isPlain),
    secrets: secrets.filter(isPlain),
  };
};

/** Why the working directory cannot be used; empty when it can. */
export const workingDirProblem = async (directory: string, separateUsers: boolean): Promise<string> => {
  const found = await stat(directory).catch(() => undefined);
  if (!found?.isDirectory()) return `the working directory ${directory} does not exist`;
  if (separateUsers && (found.mode & 0o5) !== 0o5) {
    return `the working directory ${directory} is closed to other users, and the application runs as one: chmod o+rx it`;
  }
  return '';
};
