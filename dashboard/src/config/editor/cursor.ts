/**
 * Where in a manifest a position is: path of the mapping, and whether a field's name or its value is written there. By
 * indentation, since what somebody is writing is seldom whole YAML.
 */

export interface Place {
  /** Names of the fields above, without indices. */
  readonly path: readonly string[];
  /** `key`: the name of a field is written in the mapping at `path`; `value`: what the field at `path` is. */
  readonly kind: 'key' | 'value';
  /** What of it is written so far. */
  readonly word: string;
  /** Column at which the word begins. */
  readonly column: number;
  /** Inside of `{…}` or `[…]`. */
  readonly inline: boolean;
}

const dashes = /^(\s*)((?:-\s+)*)/;
const keyed = /^("[^"]*"|'[^']*'|[^\s#:{}[\],&*!|>'"%@`-][^\s:#]*):(?:\s+|$)/;

interface Line {
  /** Column of the first dash, where the line begins an item. */
  readonly dash?: number;
  /** Column of what follows indentation and dashes. */
  readonly start: number;
  readonly rest: string;
}

const readLine = (text: string): Line => {
  const [whole, spaces = '', items = ''] = dashes.exec(text) ?? [''];
  return { ...(items && { dash: spaces.length }), start: whole.length, rest: text.slice(whole.length) };
};

const isNothing = (text: string): boolean => /^\s*(#.*)?$/.test(text);

const unquoted = (key: string): string => key.replace(/^(["'])(.*)\1$/, '$2');

/** @param indent column left of which parents stand */
const parents = (lines: readonly string[], from: number, indent: number): string[] => {
  const path: string[] = [];
  let limit = indent;
  for (let at = from; at >= 0 && limit > 0; at -= 1) {
    const text = lines[at] ?? '';
    if (/^---/.test(text)) break;
    if (isNothing(text)) continue;
    const { dash, start, rest } = readLine(text);
    const [whole, key] = keyed.exec(rest) ?? [];
    if (key !== undefined && start < limit && rest.length === whole?.length) {
      path.unshift(unquoted(key));
      limit = start;
    }
    // A list may stand at the column of its own field.
    if (dash !== undefined && dash < limit) limit = dash + 1;
    else if (start < limit) limit = start;
  }
  return path;
};

interface Frame {
  key?: string;
  readonly list: boolean;
}

/** What is open at the end of an inline value: `{host: pay` → in the mapping, at `host`, `pay` written. */
const inlineAt = (text: string): { readonly frames: readonly Frame[]; readonly word: string } => {
  const frames: Frame[] = [];
  let word = '';
  for (const character of text) {
    const frame = frames.at(-1);
    if (character === '{' || character === '[') frames.push({ list: character === '[' });
    else if (character === '}' || character === ']') frames.pop();
    else if (character === ',' && frame) delete frame.key;
    else if (character === ':' && frame && !frame.list) frame.key = unquoted(word.trim());
    else {
      word += character;
      continue;
    }
    word = '';
  }
  return { frames, word: word.trimStart() };
};

/** @param lines of the whole text @param row zero-based @param column zero-based */
export const placeAt = (lines: readonly string[], row: number, column: number): Place => {
  const before = (lines[row] ?? '').slice(0, column);
  const { dash, start, rest } = readLine(before);
  const above = parents(lines, row - 1, dash === undefined ? start : dash + 1);
  const [whole, key] = keyed.exec(rest) ?? [];
  const written = whole === undefined ? rest : rest.slice(whole.length);
  const path = key === undefined ? above : [...above, unquoted(key)];
  const { frames, word } = inlineAt(written);
  if (frames.length > 0) {
    const deep = [...path, ...frames.flatMap((frame) => frame.key ?? [])];
    const last = frames.at(-1);
    const isValue = last?.list === true || last?.key !== undefined;
    return { path: deep, kind: isValue ? 'value' : 'key', word, column: column - word.length, inline: true };
  }
  const isValue = key !== undefined && whole !== undefined && /\s$/.test(whole);
  return { path, kind: isValue ? 'value' : 'key', word: written, column: column - written.length, inline: false };
};

/** The document around a row: what it says of its kind. */
export const kindAround = (lines: readonly string[], row: number): string | undefined => {
  let first = row;
  while (first > 0 && !/^---/.test(lines[first] ?? '')) first -= 1;
  for (let at = /^---/.test(lines[first] ?? '') ? first + 1 : first; at < lines.length; at += 1) {
    const text = lines[at] ?? '';
    if (/^---/.test(text)) return undefined;
    const [, kind] = /^kind:\s*["']?(\w+)/.exec(text) ?? [];
    if (kind) return kind;
  }
  return undefined;
};
