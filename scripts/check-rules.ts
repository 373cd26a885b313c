/** Comments, titles of tests and golden cases cite rules by key; `docs/rules.md` says what they are. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryFiles } from './check-files.ts';

const document = 'docs/rules.md';
const citation = /\[([SEXRG]\d+(?:-[SEXRG]\d+)?(?:, [SEXRG]\d+(?:-[SEXRG]\d+)?)*)\]/g;

/** `X13-X15` is three rules. */
const expand = (part: string): string[] => {
  const [first = '', last = first] = part.split('-');
  const from = Number(first.slice(1));
  return Array.from({ length: Number(last.slice(1)) - from + 1 }, (_, index) => `${first[0]}${from + index}`);
};

const citedIn = (text: string): string[] => [...text.matchAll(citation)].flatMap((match) => (match[1] ?? '').split(', ').flatMap(expand));

/** The checks' own tests cite rules that do not exist. */
const cites = (file: string): boolean => /\.(ts|yaml)$/.test(file) && !file.includes('/gen/') && !file.startsWith('scripts/');

export const ruleProblems = (root: string): string[] => {
  const path = join(root, document);
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const listed = [...text.matchAll(/^- \*\*([SEXRG]\d+)\*\* /gm)].map((match) => match[1] ?? '');
  const known = new Set(listed);
  const uses = repositoryFiles(root)
    .filter(cites)
    .flatMap((file) => citedIn(readFileSync(join(root, file), 'utf8')).map((rule) => ({ file, rule })));
  const used = new Set(uses.map(({ rule }) => rule));
  return [
    ...uses.filter(({ rule }) => !known.has(rule)).map(({ file, rule }) => `${file}: cites ${rule}, which ${document} does not have`),
    ...listed.filter((rule) => !used.has(rule)).map((rule) => `${document}: nobody cites ${rule}`),
    ...listed.filter((rule, index) => listed.indexOf(rule) !== index).map((rule) => `${document}: has ${rule} twice`),
  ];
};
