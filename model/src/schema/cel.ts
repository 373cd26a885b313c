/** The rules that a CRD carries (`x-kubernetes-validations`), in the language in which the API server evaluates them. */
import { Environment } from '@marcbachmann/cel-js';
import { parseDuration } from '../duration.ts';

export interface Rule {
  readonly rule: string;
  readonly message: string;
}

/** Kubernetes' own function `url`, of which CRDs ask for the scheme alone; what is no absolute address is an error. */
const url = (text: string): ReadonlyMap<string, string> => {
  const [, scheme] = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/[^/?#]/.exec(text) ?? [];
  if (scheme === undefined) throw new Error('no absolute URL');
  return new Map([['scheme', scheme.toLowerCase()]]);
};

const environment = new Environment({ unlistedVariablesAreDyn: true })
  .registerFunction('url(string): map', url)
  .registerFunction('map.getScheme(): string', (parts: ReadonlyMap<string, string>) => parts.get('scheme') ?? '');

type Evaluate = (variables: { readonly self: unknown }) => unknown;

const compiled = new Map<string, Evaluate>();

const compile = (rule: string): Evaluate => {
  const known = compiled.get(rule);
  if (known) return known;
  const evaluator = environment.parse(rule) as Evaluate;
  compiled.set(rule, evaluator);
  return evaluator;
};

/** Rules may compare every entry with every other; the schema itself limits lists to fewer than this. */
const maxItems = 300;

/** The API server reads durations as Go does, and no longer ones; the library would. */
const isReadable = (rule: string, self: unknown): boolean =>
  typeof self !== 'string' || !rule.includes('duration(self)') || parseDuration(self) !== undefined;

/** A rule that cannot be evaluated (`duration('5x')`) is broken too, as it is for the API server. */
const evaluate = (rule: string, self: unknown): boolean => {
  if (!isReadable(rule, self)) return false;
  try {
    return compile(rule)({ self }) === true;
  } catch {
    return false;
  }
};

/** A mesh says `10s` a thousand times. */
const verdicts = new Map<string, boolean>();

const holds = (rule: string, self: unknown): boolean => {
  if (typeof self !== 'string' || self.length > 64) return evaluate(rule, self);
  const key = `${rule}\n${self}`;
  const known = verdicts.get(key);
  if (known !== undefined) return known;
  const verdict = evaluate(rule, self);
  if (verdicts.size > 10_000) verdicts.clear();
  verdicts.set(key, verdict);
  return verdict;
};

/** @returns the message of the first rule that does not hold */
export const brokenRule = (rules: readonly Rule[], value: unknown): string | undefined => {
  if (Array.isArray(value) && value.length > maxItems) return undefined;
  return rules.find(({ rule }) => !holds(rule, value))?.message;
};
