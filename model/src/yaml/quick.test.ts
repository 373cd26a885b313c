/** What the quick reader returns is what the careful one would; and it does take what people write every day. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readQuickly } from './quick.ts';
import { readCarefully } from './read.ts';
import { splitDocuments } from './split.ts';

const everyday = {
  'mappings and lists': 'a:\n  b: c\n  d:\n  - 1\n  - e: f\n    g: h\n  - - i\n    - j\nk:\nl: m\n',
  'in brackets': 'a: {b: [1, c d, {e: f}], g: "h", i: {}, j: []}\nk: [a, "b, c"] # why\n',
  JSON: '{\n  "a": {"b":1, "c" : [true, null]},\n  "d": [\n    "e",\n    -2.5\n  ]\n}\n',
  'words that mean something': 'a: yes\nb: "yes"\nc: ~\nd: null\ne: True\nf: 10\ng: 1.5\nh: 10s\ni: 10.0.0.1\nj: n\nk: -1\nl: 1:2\n',
  'texts in quotes': `a: "b\\n\\"c\\" \\\\"\nb: 'it''s: # d'\n"c d": e\n'f': g # h\n`,
  'comments and brackets': '# a\na: # b\n- {b: c} # d\n# }\n- [e]\n',
  comments: '# a\n\n  # b\na: b # c\n# d\nc:  # e\n# f\n  d: e#f\n\n',
  'a place in a stream': '\n\na:\n  b: c\n',
  'a scalar': 'word',
  'a value below its key': 'a:\n  "b"\nc:\n  [d]\n',
  'keys that are bracketed': 'a.b/c: d\n8080: {"e f": g}\n',
  'other alphabets': 'größe: "日本" # –\n',
};

test.each(Object.entries(everyday))('%s', (_, text) => {
  const quick = readQuickly(text, 7);
  expect(quick).toBeDefined();
  expect(quick).toEqual(readCarefully(text, 7));
});

test.each([
  ...['a: b\n  c', 'a: "b\n  c"', 'a: |\n  b\n', 'a: >\n  b\n', 'a: b\r\nc: d', 'a:\tb'],
  ...['a: *b', 'a: &b c', 'a: &b {c: d}', 'a: !!str 1', 'a: !!map {}', '%a', '? a\n: b', '[? a : b]', '[a]: b', '[a: b]'],
  ...['a: 010', 'a: 0x10', 'a: 0o10', 'a: 1e3', 'a: 1e999', 'a: .inf', 'a: .nan', 'a: 12345678901234567890'],
  ...['a: 1\na: 2', '__proto__: 1', 'constructor: 1', 'yes: 1', '~: 1', '<<: {a: 1}', ': a', 'a: "\\u0041"', '- \n- a'],
  ...['k:\n# c\n  v', '[a\n# c\n, b]', '{a: b # c\n}', '[ # c\n]', '-\n# c\n a', '- # c\n  a', '- "a"b: c', 'a:\n- "b"c: d'],
  ...['{a: b', 'a: b: c', '- a\nb: c', '  a: b\nc: d', 'a: b\n...\nc: d', `${'['.repeat(50)}${']'.repeat(50)}`],
])('%j is left to the careful reader', (text) => {
  expect(readQuickly(text, 1)).toBeUndefined();
});

const same = (stream: string): void => {
  for (const { text, line } of splitDocuments(stream)) {
    const quick = readQuickly(text, line);
    if (quick) expect(JSON.stringify(quick), JSON.stringify(text)).toBe(JSON.stringify(readCarefully(text, line)));
  }
};

const pieces = [
  ...['a', 'b: ', ': ', ':', '- ', '-', '\n', '\n  ', '\n    ', '\n- ', '[', ']', '{', '}', ', ', ',', '"', "'", '#', ' # c', ' ', '  '],
  ...['1', '0', '1.5', 'null', 'on', '~', '-1', '+', '.', '\\', '|', '&a', '!', '?', '? ', '"a": ', '\n# x\n', '\\"', "''", 'é', '<<'],
  ...['0x1', '1e3', '1e999', '010', '.inf', '%', '@', '`', '>', '=', '*', '\n ', 'a: b\n', '- a: b\n', 'x: {a: 1}\n', 'y: [1, b]\n'],
  ...['"q"', "'s'", '--', '...', 'a:b', 'a#b', '{}', '[]', '-\n', '#c\n', 'k:\n', '\\u0041', '!!str ', 'yes: ', 'k: |\n  t\n'],
];
const piece = fc.constantFrom(...pieces);

test('random pieces of YAML: both read the same, or the quick one nothing', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 14 }), (parts) => same(parts.join(''))),
    { numRuns: 5000 },
  );
});

test('everyday YAML with one piece put in, and some characters taken out', () => {
  const change = fc.record({ text: fc.constantFrom(...Object.values(everyday)), at: fc.nat(120), put: piece, out: fc.nat(3) });
  fc.assert(
    fc.property(change, ({ text, at, put, out }) => same(text.slice(0, at) + put + text.slice(at + out))),
    { numRuns: 5000 },
  );
});
