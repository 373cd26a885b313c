/** Dependencies are pinned exactly, and those that bring an install script are named, with the reason why it need not run. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Locked {
  readonly hasInstallScript?: boolean;
  readonly dev?: boolean;
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

const read = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));

const decisionsAbout = (root: string): string =>
  globSync('docs/decisions/*.md', { cwd: root })
    .map((file) => readFileSync(join(root, file), 'utf8'))
    .join('\n');

export const installScriptProblems = (root: string): string[] => {
  const lock = read(join(root, 'package-lock.json')) as { readonly packages: Readonly<Record<string, Locked>> };
  const decisions = decisionsAbout(root);
  return Object.entries(lock.packages)
    .filter(([, locked]) => locked.hasInstallScript && !locked.dev)
    .map(([path]) => path.replace(/^.*node_modules\//, ''))
    .filter((name) => !decisions.includes(`\`${name}\` (install script)`))
    .map((name) => `${name} has an install script: show in docs/decisions that Weft works without it, as \`${name}\` (install script)`);
};

export const pinProblems = (root: string): string[] =>
  globSync(['package.json', '*/package.json'], { cwd: root, exclude: (name) => name === 'node_modules' }).flatMap((file) => {
    const manifest = read(join(root, file)) as Manifest;
    return Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })
      .filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))
      .map(([name, version]) => `${file}: ${name} is pinned to ${version}, not to one version`);
  });
