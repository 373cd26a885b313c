/** Words, numbers and quoted text on one line: the scalars of the YAML that people write every day. */
import { forbidden, type Json, yaml11 } from './json.ts';

/** Where the quick reader stands in a document. */
export interface Scan {
  readonly text: string;
  at: number;
  /** One-based in the whole stream. */
  line: number;
  readonly lines: Record<string, number>;
  depth: number;
  /** The document is one pair of brackets, in which ends of lines mean nothing (JSON). */
  readonly inBrackets: boolean;
}

/** Whatever is not written as on most days: the careful reader takes the document, and judges it. Carries nothing, so that it is made once. */
const unusual = new Error('YAML that the quick reader leaves to the careful one');

export const leave = (): never => {
  throw unusual;
};

export const isUnusual = (error: unknown): boolean => error === unusual;

/** Well below what the careful reader allows: nobody nests as deep. */
const maxDepth = 32;

export const deeper = <T>(scan: Scan, read: () => T): T => {
  scan.depth += 1;
  if (scan.depth > maxDepth) leave();
  const value = read();
  scan.depth -= 1;
  return value;
};

export const code = {
  newline: 10,
  space: 32,
  doubleQuote: 34,
  hash: 35,
  singleQuote: 39,
  comma: 44,
  dash: 45,
  colon: 58,
  openBracket: 91,
  backslash: 92,
  closeBracket: 93,
  openBrace: 123,
  closeBrace: 125,
} as const;

/** @returns NaN at the text's end, which is equal to nothing */
export const codeAt = ({ text }: Scan, at: number): number => text.charCodeAt(at);

export const endsWord = (at: number): boolean => at === code.space || at === code.newline || Number.isNaN(at);

export const skipSpaces = (scan: Scan): void => {
  while (codeAt(scan, scan.at) === code.space) scan.at += 1;
};

const words = new Map<string, Json>([
  ...['~', 'null', 'Null', 'NULL'].map((word) => [word, null] as const),
  ...['true', 'True', 'TRUE'].map((word) => [word, true] as const),
  ...['false', 'False', 'FALSE'].map((word) => [word, false] as const),
  ...yaml11,
]);

const usualNumber = /^-?(?:0|[1-9]\d{0,14})(?:\.\d{1,9})?$/;

/** All numbers of YAML's core schema (YAML 1.2.2, section 10.3.2), and those of version 1.1 that begin like them. */
const anyNumber = /^(?:0o[0-7]+|0x[\da-fA-F]+|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)|[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?)$/;

/** What a scalar without quotes means. */
export const meaning = (source: string): Json => {
  const word = words.get(source);
  if (word !== undefined) return word;
  // `+`, `-`, `.` and the digits come before every letter.
  if (source.charCodeAt(0) > 57) return source;
  if (usualNumber.test(source)) return Number(source);
  return anyNumber.test(source) ? leave() : source;
};

/** What no meaning of YAML's own begins with; a dash is looked at with what follows it. */
const beginsWord = /[\w$./^(~+\-\u00a1-\ud7ff]/;

const flowIndicators: ReadonlySet<number> = new Set([code.comma, code.openBracket, code.closeBracket, code.openBrace, code.closeBrace]);

/**
 * A scalar without quotes, to the end of its line or to what ends it before.
 * @param flow inside brackets, where commas and brackets end it too
 */
const plainSource = (scan: Scan, flow: boolean): string => {
  const start = scan.at;
  const first = codeAt(scan, start) === code.dash ? start + 1 : start;
  if (!beginsWord.test(scan.text[first] ?? '')) leave();
  let at = first;
  for (; at < scan.text.length; at += 1) {
    const here = codeAt(scan, at);
    if (here === code.newline) break;
    if (here === code.hash && codeAt(scan, at - 1) === code.space) break;
    if (flow && flowIndicators.has(here)) break;
    if (here !== code.colon) continue;
    const next = codeAt(scan, at + 1);
    if (endsWord(next)) break;
    if (flow && flowIndicators.has(next)) leave();
  }
  scan.at = at;
  while (codeAt(scan, at - 1) === code.space) at -= 1;
  return scan.text.slice(start, at);
};

const escapes: Readonly<Record<string, string>> = { '"': '"', '\\': '\\', '/': '/', n: '\n', t: '\t' };

/** @returns where the quote stands that ends the text */
const closing = (scan: Scan, quote: number): number => {
  for (let at = scan.at + 1; at < scan.text.length; at += 1) {
    const here = codeAt(scan, at);
    if (here === code.newline) break;
    if (here === code.backslash && quote === code.doubleQuote) at += 1;
    else if (here === quote) {
      if (quote === code.doubleQuote || codeAt(scan, at + 1) !== quote) return at;
      at += 1;
    }
  }
  return leave();
};

const quotedSource = (scan: Scan, quote: number): string => {
  const end = closing(scan, quote);
  const source = scan.text.slice(scan.at + 1, end);
  scan.at = end + 1;
  if (quote === code.singleQuote) return source.replaceAll("''", "'");
  return source.includes('\\') ? source.replace(/\\(.)/gs, (_, escaped: string) => escapes[escaped] ?? leave()) : source;
};

export interface Scalar {
  /** As written, less the quotes. */
  readonly text: string;
  readonly plain: boolean;
}

export const scalarAt = (scan: Scan, flow: boolean): Scalar => {
  const first = codeAt(scan, scan.at);
  if (first === code.doubleQuote || first === code.singleQuote) return { text: quotedSource(scan, first), plain: false };
  return { text: plainSource(scan, flow), plain: true };
};

export const valueOf = ({ text, plain }: Scalar): Json => (plain ? meaning(text) : text);

/** @returns a key that the careful reader would take too: text, not yet there, harmless */
export const keyOf = ({ text, plain }: Scalar, map: Readonly<Record<string, Json>>): string => {
  if (text === '' || text.length > 200 || forbidden.has(text) || Object.hasOwn(map, text)) leave();
  return plain && (text === '<<' || words.has(text)) ? leave() : text;
};
