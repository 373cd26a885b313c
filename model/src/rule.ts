/** What the checks of several kinds have in common: how they report, and the fields that many kinds share. */
import type { Code } from './codes.ts';
import { isDnsLabel, isLabelValue, isQualifiedName } from './metadata.ts';
import { doubtful, type Problem, wrong } from './problem.ts';
import { readRegex } from './text/regex.ts';
import { childPath } from './yaml/json.ts';

/** An Istio object breaks a rule of its kind. */
export const invalid = (path: string, message: string, help: string): Problem => wrong('IST0106', path, [message, help]);

/** A Kubernetes object does. */
export const broken = (path: string, message: string, help: string): Problem => wrong('WEFT0020', path, [message, help]);

/** A field that Istio or Kubernetes would honour and that does nothing here. */
export const ineffective = (path: string, message: string, help: string): Problem => doubtful('WEFT0101', path, [message, help]);

/** The same where leaving it out would weaken security: an error, and the part named has no effect. */
export const unenforced = (path: string, message: string, help: string): Problem => ({
  ...wrong('WEFT0101', path, [message, help]),
  part: true,
});

export const isPort = (port: number | undefined): boolean => port !== undefined && Number.isInteger(port) && port >= 1 && port <= 65535;

export const portHelp = 'Write a number between 1 and 65535.';

export interface Field {
  readonly field: string;
  /** What does not happen. */
  readonly message: string;
  readonly help?: string;
}

/** Findings for those of the fields that are set. */
export function* withoutEffect(value: object | undefined, path: string, fields: readonly Field[]): Iterable<Problem> {
  if (value === undefined) return;
  for (const { field, message, help } of fields) {
    if (Object.hasOwn(value, field))
      yield ineffective(`${path}.${field}`, `\`${field}\` has no effect yet: ${message}`, help ?? 'Remove it, or do not count on it.');
  }
}

export function* checkLabelMap(labels: Readonly<Record<string, string>> | undefined, path: string, code: Code): Iterable<Problem> {
  for (const [key, value] of Object.entries(labels ?? {})) {
    const at = childPath(path, key);
    if (!isQualifiedName(key))
      yield wrong(code, at, [`\`${key.slice(0, 80)}\` is no label name`, 'Use letters, digits, `-`, `_` and `.`.']);
    else if (!isLabelValue(value))
      yield wrong(code, at, [`\`${value.slice(0, 80)}\` is no label value`, 'Use at most 63 letters, digits, `-`, `_` and `.`.']);
  }
}

export interface ExportOptions {
  /** `~`, nobody, is legal for services only [S16]. */
  readonly nobody: boolean;
}

export function* checkExportTo(exportTo: readonly string[] | undefined, path: string, { nobody }: ExportOptions): Iterable<Problem> {
  const seen = new Set<string>();
  for (const [index, name] of (exportTo ?? []).entries()) {
    const at = `${path}[${index}]`;
    if (name === '~' && !nobody) yield invalid(at, '`~` (nobody) is for services only', 'Write `.` for the own namespace.');
    else if (!['.', '*', '~'].includes(name) && !isDnsLabel(name))
      yield invalid(at, `\`${name.slice(0, 80)}\` is no namespace`, 'Write `.`, `*` or a namespace.');
    if (seen.has(name)) yield invalid(at, `\`${name}\` stands twice`, 'Remove one of them.');
    seen.add(name);
  }
  if (seen.size > 1 && (seen.has('*') || seen.has('~')))
    yield invalid(path, '`*` and `~` stand for themselves only', 'Remove the other entries.');
}

export function* checkRegex(text: string, path: string): Iterable<Problem> {
  const regex = readRegex(text);
  if (typeof regex === 'string') yield invalid(path, regex, 'Write a regular expression in RE2 syntax; it must match the whole value.');
}
