/** From YAML text to plain JSON values with the line of every field. */
import { isMap, isScalar, isSeq, type Node, type Pair, type Scalar } from 'yaml';
import type { Code } from '../codes.ts';
import { type Problem, wrong } from '../problem.ts';
import { composeDocument, maxDepth } from './guard.ts';
import { childPath, forbidden, type Json, type Place, type ReadDocument, yaml11 } from './json.ts';
import { lineFinder } from './lines.ts';
import { readQuickly } from './quick.ts';

/** What one document's reading has found so far. */
interface Reading {
  readonly lineOf: (offset: number) => number;
  readonly lines: Record<string, number>;
  readonly problems: Problem[];
}

type Told = readonly [offset: number, message: string, help: string];

const fail = (reading: Reading, code: Code, [path, [offset, message, help]]: readonly [string, Told]): null => {
  reading.lines[path] = reading.lineOf(offset);
  reading.problems.push(wrong(code, path, [message, help]));
  return null;
};

const offsetOf = (node: Node | null): number => node?.range?.[0] ?? 0;

const readScalar = (reading: Reading, node: Scalar, path: string): Json => {
  const { value, source = '' } = node;
  if (node.type === 'PLAIN') {
    if (typeof value === 'string') return yaml11.get(source) ?? value;
    if (typeof value === 'number' && /^0[0-7]+$/.test(source)) return Number.parseInt(source, 8);
  }
  if (typeof value === 'number' && !Number.isFinite(value)) {
    return fail(reading, 'WEFT0001', [path, [offsetOf(node), `\`${source}\` is no number of JSON`, 'Write a finite number.']]);
  }
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
};

const notText = 'is not one in YAML 1.1, which Kubernetes reads';

/** @returns `undefined` for a key that cannot be taken */
const readKey = (reading: Reading, key: Node | null, path: string): string | undefined => {
  const refuse = (code: Code, message: string, help: string): undefined => {
    fail(reading, code, [path, [offsetOf(key), message, help]]);
  };
  if (!isScalar(key)) return refuse('WEFT0007', `a key must be a string, but a collection ${notText}`, 'Write a word.');
  const { value, source = 'null' } = key;
  if (value === null || typeof value === 'boolean' || (key.type === 'PLAIN' && yaml11.has(source))) {
    return refuse('WEFT0007', `a key must be a string, but \`${source}\` ${notText}`, 'Put the key in quotes.');
  }
  // Numbers may be keys (`portLevelMtls: {8080: ...}`): Kubernetes reads them as text too.
  const text = typeof value === 'string' ? value : source;
  if (text === '<<' && key.type === 'PLAIN') return refuse('WEFT0004', 'merge keys (`<<`) are not read', 'Write the fields out.');
  if (forbidden.has(text)) return refuse('WEFT0005', `the key \`${text}\` is not allowed`, 'Remove it.');
  return text;
};

const readMap = (reading: Reading, items: readonly Pair<Node, Node | null>[], { path, line }: Place): Json => {
  const map: Record<string, Json> = {};
  for (const { key: keyNode, value } of items) {
    const key = readKey(reading, keyNode, path);
    if (key === undefined) continue;
    const at = childPath(path, key);
    if (Object.hasOwn(map, key)) {
      fail(reading, 'WEFT0006', [at, [offsetOf(keyNode), `the key \`${key.slice(0, 80)}\` stands twice`, 'Remove one of them.']]);
      continue;
    }
    const keyLine = reading.lineOf(offsetOf(keyNode));
    if (keyLine !== line) reading.lines[at] = keyLine;
    map[key] = readNode(reading, value, { path: at, line: keyLine });
  }
  return map;
};

const readSeq = (reading: Reading, items: readonly (Node | null)[], { path, line }: Place): Json =>
  items.map((item, index) => {
    const at = `${path}[${index}]`;
    const itemLine = item?.range ? reading.lineOf(item.range[0]) : line;
    if (itemLine !== line) reading.lines[at] = itemLine;
    return readNode(reading, item, { path: at, line: itemLine });
  });

const readNode = (reading: Reading, node: Node | null, place: Place): Json => {
  if (isScalar(node)) return readScalar(reading, node, place.path);
  if (isMap(node)) return readMap(reading, node.items as readonly Pair<Node, Node | null>[], place);
  if (isSeq(node)) return readSeq(reading, node.items as readonly (Node | null)[], place);
  return null;
};

/** @returns never throws; `line` is the stream's line on which `text` begins. */
export const readDocument = (text: string, line: number): ReadDocument => readQuickly(text, line) ?? readCarefully(text, line);

/** By the `yaml` library: all of YAML that is taken, and every mistake. */
export const readCarefully = (text: string, line: number): ReadDocument => {
  const lineOf = lineFinder(text, line);
  const composed = composeAnyDepth(text);
  if ('fault' in composed) {
    const { offset, problem } = composed.fault;
    return { lines: { '': lineOf(Math.min(offset, text.length)), [problem.path]: lineOf(offset) }, problems: [problem] };
  }
  const { contents } = composed.document;
  const start = lineOf(offsetOf(contents));
  const reading: Reading = { lineOf, lines: { '': start }, problems: [] };
  const value = readNode(reading, contents, { path: '', line: start });
  return { value, lines: reading.lines, problems: reading.problems };
};

/** The guard counts levels; should a text find another way into the library's recursion, the stack says so. */
const composeAnyDepth = (text: string): ReturnType<typeof composeDocument> => {
  try {
    return composeDocument(text);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    return { fault: { offset: 0, problem: wrong('WEFT0003', '', [`nested deeper than ${maxDepth} levels`, 'Flatten the document.']) } };
  }
};
