/**
 * Regular expressions are RE2's, as in Envoy: matched against the whole value, refused when their program is too large.
 * Envoy runs RE2 on bytes (Latin-1), which decides what is refused here; measured on Envoy 1.40 (`--mode validate`).
 */
import { RE2JS } from 're2js';

/** `re2.max_program_size.error_level` in the bootstrap of every Envoy (Istio's pkg/bootstrap sets the same). */
export const maxRegexProgram = 32768;

/** Istio refuses longer ones too (istio#17411: a long regex stopped Pilot). */
const maxRegexLength = 1024;

export interface Regex {
  /** Capturing groups, for references in a rewrite. */
  readonly groups: number;
  /** At least the number of instructions of Envoy's program. */
  readonly size: number;
}

/** The program of `re2js` (a port of Go's package): one instruction for a class of characters, whatever is in it. */
interface Program {
  readonly inst: readonly { readonly op: number; readonly runes: ArrayLike<number> }[];
}

/** `RUNE_ANY_NOT_NL` in re2js: all bytes but one are two ranges. */
const anyButNewline = 11;

/** On bytes a class takes one instruction for each of its ranges below 256 (fewer where upper and lower case pair up). */
const rangesOf = ({ op, runes }: Program['inst'][number]): number => {
  if (op === anyButNewline) return 2;
  let ranges = 0;
  for (let at = 0; at < runes.length && (runes[at] ?? 0) <= 0xff; at += 2) ranges += 1;
  return Math.max(1, ranges);
};

/** RE2 adds a search loop and a match of its own. */
const overhead = 6;

const hasWideEscape = (text: string): boolean =>
  [...text.matchAll(/\\(?:x\{([0-9a-fA-F]+)\}|[\s\S])/g)].some(([, digits]) => digits !== undefined && Number.parseInt(digits, 16) > 0xff);

const compile = (text: string): Regex | string => {
  if (text === '') return 'an empty regular expression';
  if (text === '*') return '`*` is no regular expression; write `.*`';
  if (text.length > maxRegexLength) return `a regular expression of ${text.length} characters; at most ${maxRegexLength} are allowed`;
  if (/[^\0-\x7f]/.test(text)) return 'a character outside ASCII, of which Envoy sees the bytes; write `\\xHH` for each byte';
  if (hasWideEscape(text)) return 'an escape above `\\x{ff}`, of which Envoy sees the bytes; write `\\xHH` for each byte';
  try {
    const regex = RE2JS.compile(text);
    const { inst } = regex.re2().prog as Program;
    const size = inst.reduce((sum, instruction) => sum + rangesOf(instruction), overhead);
    if (size > maxRegexProgram) return `a regular expression that is too large (about ${size} instructions, more than ${maxRegexProgram})`;
    return { groups: regex.groupCount(), size };
  } catch (cause) {
    return `no RE2 regular expression: ${cause instanceof Error ? cause.message : String(cause)}`;
  }
};

const remember = new Map<string, Regex | string>();

/** @returns the expression's facts, or in words why Envoy would refuse it or read it otherwise */
export const readRegex = (text: string): Regex | string => {
  const known = remember.get(text);
  if (known !== undefined) return known;
  const result = compile(text);
  // A mesh has some hundred expressions; what is more is a hostile text.
  if (remember.size > 10_000) remember.clear();
  remember.set(text, result);
  return result;
};
