/** Mappings and lists in brackets, for the quick reader. */
import { childPath, type Json, type Place } from './json.ts';
import { code, codeAt, deeper, endsWord, keyOf, leave, type Scan, scalarAt, skipSpaces, valueOf } from './scan.ts';

/** @returns the code of what follows, behind spaces and, where the whole document is in brackets, behind ends of lines */
const skipInside = (scan: Scan): number => {
  for (;;) {
    skipSpaces(scan);
    const here = codeAt(scan, scan.at);
    if (here !== code.newline) return here;
    if (!scan.inBrackets) leave();
    scan.at += 1;
    scan.line += 1;
  }
};

/** @returns whether another entry follows */
const goesOn = (scan: Scan, close: number): boolean => {
  const here = skipInside(scan);
  scan.at += 1;
  if (here === close) return false;
  return here === code.comma && skipInside(scan) !== close ? true : leave();
};

const isEmpty = (scan: Scan, close: number): boolean => {
  scan.at += 1;
  if (skipInside(scan) !== close) return false;
  scan.at += 1;
  return true;
};

const flowMap = (scan: Scan, { path, line }: Place): Json => {
  const map: Record<string, Json> = {};
  if (isEmpty(scan, code.closeBrace)) return map;
  do {
    const keyLine = scan.line;
    const scalar = scalarAt(scan, true);
    const key = keyOf(scalar, map);
    const adjacent = codeAt(scan, scan.at) === code.colon && !scalar.plain;
    skipSpaces(scan);
    if (codeAt(scan, scan.at) !== code.colon || !(adjacent || endsWord(codeAt(scan, scan.at + 1)))) leave();
    scan.at += 1;
    const at = childPath(path, key);
    if (keyLine !== line) scan.lines[at] = keyLine;
    skipInside(scan);
    map[key] = flowNode(scan, { path: at, line: keyLine });
  } while (goesOn(scan, code.closeBrace));
  return map;
};

const flowList = (scan: Scan, { path, line }: Place): Json => {
  const list: Json[] = [];
  if (isEmpty(scan, code.closeBracket)) return list;
  do {
    const at = `${path}[${list.length}]`;
    const itemLine = scan.line;
    if (itemLine !== line) scan.lines[at] = itemLine;
    list.push(flowNode(scan, { path: at, line: itemLine }));
  } while (goesOn(scan, code.closeBracket));
  return list;
};

const flowNode = (scan: Scan, place: Place): Json => flowAt(scan, place) ?? valueOf(scalarAt(scan, true));

/** @returns `undefined` where no bracket opens */
export const flowAt = (scan: Scan, place: Place): Json | undefined => {
  const here = codeAt(scan, scan.at);
  if (here === code.openBrace) return deeper(scan, () => flowMap(scan, place));
  return here === code.openBracket ? deeper(scan, () => flowList(scan, place)) : undefined;
};
