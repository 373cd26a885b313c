/** Imports against the table in layers.ts, against what each package declares, and libraries against time and chance. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join, relative } from 'node:path';
import { type Layer, layers } from '../layers.ts';

const importPattern = /(?:^|\n)\s*(?:import|export)\s[^;]*?\sfrom\s*'([^']+)'|(?:^|\n)\s*import\s*'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/g;

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, string>>;
}

const withoutComments = (text: string): string => text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/[^\n]*/g, '$1');

const layerOf = (file: string): Layer | undefined =>
  layers.filter((layer) => file.startsWith(`${layer.path}/`)).sort((a, b) => b.path.length - a.path.length)[0];

const manifestOf = (root: string, folder: string): Manifest =>
  JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Manifest;

/** `@weft/compile/inject` -> `compile/src/inject/index.ts`. */
const weftTarget = (root: string, specifier: string): string | undefined => {
  const [, folder = '', ...rest] = specifier.split('/');
  if (!existsSync(join(root, folder, 'package.json'))) return undefined;
  const exports = manifestOf(root, folder).exports ?? {};
  const sub = rest.length > 0 ? `./${rest.join('/')}` : '.';
  const pattern = exports[sub] ?? Object.entries(exports).find(([key]) => key.endsWith('*') && sub.startsWith(key.slice(0, -1)))?.[1];
  return pattern && join(folder, pattern);
};

/** Tests, and what several of them share; nothing else imports that. */
const isTest = (file: string): boolean => /\.(test|fixture)\.ts$|\/testing\//.test(file);

const packageOf = (specifier: string): string => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');

const isBuiltin = (specifier: string): boolean => specifier.startsWith('node:') || builtinModules.includes(specifier);

/** @returns one line for each import of `file` that is not allowed */
const importProblems = (root: string, file: string, layer: Layer): string[] => {
  const text = withoutComments(readFileSync(join(root, file), 'utf8'));
  const test = isTest(file);
  const declared = manifestOf(root, file.split('/')[0] ?? '').dependencies ?? {};
  const problems: string[] = [];
  for (const [, from, bare, dynamic] of text.matchAll(importPattern)) {
    const specifier = from ?? bare ?? dynamic ?? '';
    if (isBuiltin(specifier)) {
      if (layer.library && !test) problems.push(`${file}: a library imports ${specifier}`);
      continue;
    }
    const inside = specifier.startsWith('.');
    if (!inside && !test && !(packageOf(specifier) in declared))
      problems.push(`${file}: ${packageOf(specifier)} is not declared in its package.json`);
    if (!inside && !specifier.startsWith('@weft/')) continue;
    const target = inside ? relative(root, join(root, file, '..', specifier)) : weftTarget(root, specifier);
    if (!target) problems.push(`${file}: ${specifier} is not exported`);
    else if (!test && ![layer.path, ...layer.imports].some((path) => target.startsWith(path))) {
      // What lies beside a package's sources (data, package.json) belongs to the package.
      if (target.startsWith(`${layer.path.split('/')[0]}/`) && !target.includes('/src/')) continue;
      problems.push(`${file}: ${layer.path} may not import ${target} (layers.ts)`);
    }
  }
  return problems;
};

const purityProblems = (root: string, file: string, layer: Layer): string[] => {
  if (!layer.library || isTest(file)) return [];
  const found = withoutComments(readFileSync(join(root, file), 'utf8')).match(/\bDate\.now\b|\bMath\.random\b|\bnew Date\(\)/g) ?? [];
  return found.map((power) => `${file}: a library uses ${power}; pass it in`);
};

export const layerProblems = (root: string): string[] => {
  const files = globSync(['{model,envoy,compile,signals,weftd,agent,cli,dashboard}/src/**/*.{ts,tsx}', 'model/node/*.ts'], {
    cwd: root,
    exclude: (name) => name === 'gen',
  });
  return files.sort().flatMap((file) => {
    const layer = layerOf(file);
    if (!layer) return [`${file}: no line in layers.ts`];
    return [...importProblems(root, file, layer), ...purityProblems(root, file, layer)];
  });
};
