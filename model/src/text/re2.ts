/** What a regular expression does to a value, as in Envoy: RE2's matching, not JavaScript's. */
import { RE2JS } from 're2js';
import { readRegex } from './regex.ts';

const compiled = new Map<string, RE2JS | undefined>();

/** @returns nothing for an expression that Envoy would refuse */
const regexOf = (text: string): RE2JS | undefined => {
  if (compiled.has(text)) return compiled.get(text);
  const regex = typeof readRegex(text) === 'string' ? undefined : RE2JS.compile(text);
  // As in `readRegex`: a mesh has some hundred expressions.
  if (compiled.size > 10_000) compiled.clear();
  compiled.set(text, regex);
  return regex;
};

/** Whether it matches the whole value (RE2::FullMatch). */
export const matchesRegex = (text: string, value: string): boolean => regexOf(text)?.matcher(value).matches() ?? false;

/** `\0` to `\9` are the match and its groups, `\\` a backslash (RE2::Rewrite). */
const rewritten = (rewrite: string, group: (index: number) => string | null): string =>
  rewrite.replace(/\\([0-9\\])/g, (_, what: string) => (what === '\\' ? '\\' : (group(Number(what)) ?? '')));

/** Every match replaced (RE2::GlobalReplace): an empty match right behind another one is none. */
export const replaceRegex = (text: string, value: string, rewrite: string): string => {
  const matcher = regexOf(text)?.matcher(value);
  if (!matcher) return value;
  let out = '';
  let at = 0;
  let lastEnd = -1;
  while (at <= value.length && matcher.find(at)) {
    const [start, end] = [matcher.start(), matcher.end()];
    out += value.slice(at, start);
    if (start === end && start === lastEnd) {
      out += value.slice(start, start + 1);
      at = start + 1;
      continue;
    }
    out += rewritten(rewrite, (index) => matcher.group(index));
    at = end;
    lastEnd = end;
  }
  return out + value.slice(at);
};
