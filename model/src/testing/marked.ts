/**
 * Manifests that carry their own expectations: a line that ends in `# E CODE path` is one on which `parse` must report
 * an error (W warning, I info) with that code and path; every other line is one on which it must report nothing.
 */
import { parse } from '../parse.ts';

const severities: Readonly<Record<string, string>> = { E: 'error', W: 'warning', I: 'info' };

export interface Told {
  readonly line: number;
  readonly told: string;
}

const byLine = (a: Told, b: Told): number => a.line - b.line || (a.told < b.told ? -1 : 1);

export const expected = (text: string): readonly Told[] =>
  text
    .split('\n')
    .flatMap((content, index) =>
      [...content.matchAll(/# ([EWI]) (\w+) ?([^ #]\S*)?/g)].map(([, severity = '', code, path = '']) => ({
        line: index + 1,
        told: `${severities[severity]} ${code} ${path}`,
      })),
    )
    .sort(byLine);

export const reported = (text: string): readonly Told[] =>
  parse({ text, file: 'x.yaml', origin: { source: 'file' } })
    .findings.map(({ line = 0, severity, code, path }) => ({ line, told: `${severity} ${code} ${path}` }))
    .sort(byLine);
