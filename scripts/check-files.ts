/** Sizes of files, and the paths that documents name. */
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const lineLimit = 500;

/** Tracked and new files; what git ignores is nobody's business. */
export const repositoryFiles = (root: string): string[] =>
  execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
    .split('\n')
    .filter((file) => file !== '' && existsSync(join(root, file)));

export const sizeProblems = (root: string): string[] =>
  repositoryFiles(root)
    .filter((file) => /\.(tsx?|css|mjs|js|py)$/.test(file) && !file.includes('/gen/'))
    .map((file) => ({ file, lines: readFileSync(join(root, file), 'utf8').split('\n').length - 1 }))
    .filter(({ lines }) => lines > lineLimit)
    .map(({ file, lines }) => `${file}: ${lines} lines, the limit is ${lineLimit}`);

/** In Markdown, `words/like/this.ts` in backticks and relative link targets are paths of the repository. */
const pathsIn = (text: string): string[] => {
  const quoted = [...text.matchAll(/`([\w.@-]+(?:\/[\w.@*<>{},-]+)+\/?)`/g)].map((match) => match[1] ?? '');
  const linked = [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)].map((match) => match[1] ?? '');
  return [
    ...quoted.filter((path) => /^(model|envoy|compile|signals|weftd|agent|cli|docs|scripts|examples|e2e|bench)\//.test(path)),
    ...linked,
  ];
};

const isPattern = (path: string): boolean => /[<>{}*]/.test(path);

const exists = (root: string, document: string, path: string): boolean => {
  if (isPattern(path)) return globSync(path.replace(/<[^>]+>/g, '*'), { cwd: root }).length > 0;
  return existsSync(join(root, path)) || existsSync(join(root, dirname(document), path));
};

export const pathProblems = (root: string): string[] =>
  repositoryFiles(root)
    .filter((file) => file.endsWith('.md'))
    .flatMap((document) =>
      pathsIn(readFileSync(join(root, document), 'utf8'))
        .filter((path) => !exists(root, document, path))
        .map((path) => `${document}: names ${path}, which does not exist`),
    );
