/**
 * Reads the YAML that people and programs write every day, about twenty times as fast as the `yaml` library does: mappings and
 * lists by indentation or in brackets, scalars on one line, comments. Anything else (texts over several lines, anchors,
 * tags, rare escapes, every mistake) it leaves to the careful reader, which alone judges: what this one returns is what
 * that one would return.
 */
import { flowAt } from './flow.ts';
import { childPath, type Json, type Place, type ReadDocument } from './json.ts';
import { code, codeAt, deeper, endsWord, isUnusual, keyOf, leave, type Scalar, type Scan, scalarAt, skipSpaces, valueOf } from './scan.ts';

interface Reading extends Scan {
  /** Of the line that begins at `at`, in spaces; -1 behind the last line. */
  indent: number;
}

/** Control characters, tabs, other spaces and ends of lines than ` ` and `\n`, halves of pairs. */
const unusualCharacter = /[^\n\x20-\x7e\u00a1-\u1fff\u2010-\u2027\u2030-\u2fff\u3001-\ud7ff]/;

/** From behind a value to the next line with content. Only a comment may stand between. */
const toNextLine = (reading: Reading): void => {
  const { text } = reading;
  let start = reading.at === 0 ? 0 : -1;
  for (;;) {
    skipSpaces(reading);
    const here = codeAt(reading, reading.at);
    if (here === code.newline) {
      reading.at += 1;
      reading.line += 1;
      start = reading.at;
    } else if (here === code.hash) {
      if (!endsWord(codeAt(reading, reading.at - 1))) leave();
      const end = text.indexOf('\n', reading.at);
      reading.at = end < 0 ? text.length : end;
    } else {
      if (start < 0 && !Number.isNaN(here)) leave();
      reading.indent = Number.isNaN(here) ? -1 : reading.at - start;
      return;
    }
  }
};

const isDash = (reading: Reading): boolean => codeAt(reading, reading.at) === code.dash && endsWord(codeAt(reading, reading.at + 1));

const isKey = (reading: Reading): boolean => codeAt(reading, reading.at) === code.colon && endsWord(codeAt(reading, reading.at + 1));

/** Whether the line holds nothing more. */
const isLineOver = (reading: Reading): boolean => {
  skipSpaces(reading);
  const here = codeAt(reading, reading.at);
  return here === code.newline || here === code.hash || Number.isNaN(here);
};

/** What stands behind a key, or below it. */
const valueBehind = (reading: Reading, indent: number, place: Place): Json => {
  reading.at += 1;
  if (!isLineOver(reading)) {
    const value = flowAt(reading, place) ?? valueOf(scalarAt(reading, false));
    toNextLine(reading);
    return value;
  }
  toNextLine(reading);
  // A list may stand as far left as the key that it belongs to.
  if (reading.indent === indent && isDash(reading)) return deeper(reading, () => blockList(reading, indent, place));
  return reading.indent > indent ? blockNode(reading, reading.indent, place) : null;
};

/** @param first the first key, which is read already */
const blockMap = (reading: Reading, indent: number, [{ path, line }, first]: readonly [Place, Scalar]): Json => {
  const map: Record<string, Json> = {};
  for (let scalar = first; ; scalar = scalarAt(reading, false)) {
    if (!isKey(reading)) leave();
    const key = keyOf(scalar, map);
    const at = childPath(path, key);
    const keyLine = reading.line;
    if (keyLine !== line) reading.lines[at] = keyLine;
    map[key] = valueBehind(reading, indent, { path: at, line: keyLine });
    if (reading.indent < indent) return map;
    if (reading.indent > indent || isDash(reading)) leave();
  }
};

const blockList = (reading: Reading, indent: number, { path, line }: Place): Json => {
  const list: Json[] = [];
  do {
    const start = reading.at;
    reading.at += 1;
    if (isLineOver(reading)) leave();
    const at = `${path}[${list.length}]`;
    const itemLine = reading.line;
    if (itemLine !== line) reading.lines[at] = itemLine;
    list.push(blockNode(reading, indent + reading.at - start, { path: at, line: itemLine }));
  } while (reading.indent === indent && isDash(reading));
  return reading.indent > indent ? leave() : list;
};

/** @param indent the column at which it begins */
const blockNode = (reading: Reading, indent: number, place: Place): Json => {
  if (isDash(reading)) return deeper(reading, () => blockList(reading, indent, place));
  const inBrackets = flowAt(reading, place);
  if (inBrackets === undefined) {
    const scalar = scalarAt(reading, false);
    if (isKey(reading)) return deeper(reading, () => blockMap(reading, indent, [place, scalar]));
    toNextLine(reading);
    return valueOf(scalar);
  }
  toNextLine(reading);
  return inBrackets;
};

/** @returns `undefined` for what the careful reader must read */
export const readQuickly = (text: string, line: number): ReadDocument | undefined => {
  if (unusualCharacter.test(text)) return undefined;
  const inBrackets = /^[ \n]*[{[]/.test(text);
  const reading: Reading = { text, at: 0, line, lines: {}, depth: 0, inBrackets, indent: 0 };
  try {
    toNextLine(reading);
    reading.lines[''] = reading.line;
    const value = blockNode(reading, reading.indent, { path: '', line: reading.line });
    return reading.indent < 0 ? { value, lines: reading.lines, problems: [] } : undefined;
  } catch (error) {
    if (isUnusual(error)) return undefined;
    throw error;
  }
};
