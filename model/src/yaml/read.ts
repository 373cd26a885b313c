/** From YAML text to plain JSON values with the line of every field. */
import { isMap, isScalar, isSeq, type Node, type Pair, type Scalar } from 'yaml';
import type { Code } from '../codes.ts';
import { type Problem, wrong } from '../problem.ts';
import { composeDocument, maxDepth } from './guard.ts';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

export interface ReadDocument {
  /** Absent when the document could not be read. */
  readonly value?: Json;
  /** Lines by path (see `lineAt`), one-based in the whole stream. */
  readonly lines: Readonly<Record<string, number>>;
  readonly problems: readonly Problem[];
}

/** Keys through which a careless copy would reach every object (prototype pollution). */
const forbidden = new Set(['__proto__', 'constructor', 'prototype']);

/** YAML 1.1, which Kubernetes reads, has more booleans and another octal than YAML 1.2. */
const yaml11 = new Map<string, boolean>(
  [
    ['y', 'yes', 'on'],
    ['n', 'no', 'off'],
  ].flatMap((words, index) =>
    words.flatMap((word) => [word, word[0]?.toUpperCase() + word.slice(1), word.toUpperCase()].map((text) => [text, index === 0] as const)),
  ),
);

/** One-based line of an offset. */
const lineFinder = (text: string, first: number): ((offset: number) => number) => {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return first + low;
  };
};

/** A key that is not a plain word is bracketed, so that paths stay readable and unambiguous. */
export const childPath = (path: string, key: string): string =>
  /^[\w-]+$/.test(key) ? (path === '' ? key : `${path}.${key}`) : `${path}["${key}"]`;

class Reader {
  readonly lines: Record<string, number> = Object.create(null) as Record<string, number>;
  readonly problems: Problem[] = [];
  readonly #lineOf: (offset: number) => number;

  constructor(lineOf: (offset: number) => number) {
    this.#lineOf = lineOf;
  }

  fail(code: Code, path: string, [offset, message, help]: readonly [number, string, string]): null {
    this.lines[path] = this.#lineOf(offset);
    this.problems.push(wrong(code, path, [message, help]));
    return null;
  }

  /** `line` is the parent's: only a different one is written down. */
  node(node: unknown, path: string, line: number): Json {
    if (isScalar(node)) return this.#scalar(node, path);
    if (isMap(node)) return this.#map(node.items as readonly Pair<Node, Node | null>[], path, line);
    if (isSeq(node)) return this.#seq(node.items as readonly Node[], path, line);
    return null;
  }

  #scalar(node: Scalar, path: string): Json {
    const { value, source = '' } = node;
    if (node.type === 'PLAIN') {
      if (typeof value === 'string') return yaml11.get(source) ?? value;
      if (typeof value === 'number' && /^0[0-7]+$/.test(source)) return Number.parseInt(source, 8);
    }
    if (typeof value === 'number' && !Number.isFinite(value)) {
      return this.fail('WEFT0001', path, [node.range?.[0] ?? 0, `\`${source}\` is no number of JSON`, 'Write a finite number.']);
    }
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
  }

  #key(key: Node | null, path: string): string | undefined {
    const offset = key?.range?.[0] ?? 0;
    if (!isScalar(key) || key.value === null || typeof key.value === 'boolean' || (key.type === 'PLAIN' && yaml11.has(key.source ?? ''))) {
      const shown = isScalar(key) ? `\`${key.source ?? 'null'}\`` : 'a collection';
      this.fail('WEFT0007', path, [
        offset,
        `a key must be a string, but ${shown} is not one in YAML 1.1, which Kubernetes reads`,
        'Put the key in quotes.',
      ]);
      return undefined;
    }
    // Numbers may be keys (`portLevelMtls: {8080: ...}`): Kubernetes reads them as text too.
    const text = typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
    if (text === '<<' && key.type === 'PLAIN') {
      this.fail('WEFT0004', path, [offset, 'merge keys (`<<`) are not read', 'Write the fields out.']);
      return undefined;
    }
    if (forbidden.has(text)) {
      this.fail('WEFT0005', path, [offset, `the key \`${text}\` is not allowed`, 'Remove it.']);
      return undefined;
    }
    return text;
  }

  #map(items: readonly Pair<Node, Node | null>[], path: string, line: number): Json {
    const map: Record<string, Json> = {};
    for (const { key: keyNode, value } of items) {
      const key = this.#key(keyNode, path);
      if (key === undefined) continue;
      const at = childPath(path, key);
      if (Object.hasOwn(map, key)) {
        this.fail('WEFT0006', at, [keyNode.range?.[0] ?? 0, `the key \`${key}\` stands twice`, 'Remove one of them.']);
        continue;
      }
      const keyLine = this.#lineOf(keyNode.range?.[0] ?? 0);
      if (keyLine !== line) this.lines[at] = keyLine;
      map[key] = this.node(value, at, keyLine);
    }
    return map;
  }

  #seq(items: readonly Node[], path: string, line: number): Json {
    return items.map((item, index) => {
      const at = `${path}[${index}]`;
      const itemLine = item?.range ? this.#lineOf(item.range[0]) : line;
      if (itemLine !== line) this.lines[at] = itemLine;
      return this.node(item, at, itemLine);
    });
  }
}

/** @returns never throws; `line` is the stream's line on which `text` begins. */
export const readDocument = (text: string, line: number): ReadDocument => {
  const lineOf = lineFinder(text, line);
  const composed = composeAnyDepth(text);
  if ('fault' in composed) {
    const { offset, problem } = composed.fault;
    return { lines: { '': lineOf(Math.min(offset, text.length)), [problem.path]: lineOf(offset) }, problems: [problem] };
  }
  const reader = new Reader(lineOf);
  const { contents } = composed.document;
  const start = lineOf(contents?.range?.[0] ?? 0);
  reader.lines[''] = start;
  const value = reader.node(contents, '', start);
  return { value, lines: reader.lines, problems: reader.problems };
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
