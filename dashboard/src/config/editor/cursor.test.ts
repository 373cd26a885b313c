import { expect, test } from 'vitest';
import { kindAround, placeAt } from './cursor.ts';

/** `|` is the cursor. */
const at = (text: string) => {
  const lines = text.split('\n');
  const row = lines.findIndex((line) => line.includes('|'));
  const column = lines[row]?.indexOf('|') ?? 0;
  const { path, kind, word } = placeAt(
    lines.map((line) => line.replace('|', '')),
    row,
    column,
  );
  return [path.join('.'), kind, word];
};

test('a field below others', () => {
  expect(at('spec:\n  http:\n  - route:\n    - destination:\n        ho|')).toEqual(['spec.http.route.destination', 'key', 'ho']);
});

test('a field of an item, after a list at its own column', () => {
  expect(at('spec:\n  http:\n  - match:\n    - uri: {prefix: /a}\n    route:\n    - destination: {host: a}\n    re|')).toEqual([
    'spec.http',
    'key',
    're',
  ]);
});

test('the first field of a new item', () => {
  expect(at('spec:\n  http:\n  - route: []\n  - |')).toEqual(['spec.http', 'key', '']);
});

test('a value', () => {
  expect(at('spec:\n  tls:\n    mode: SIM|')).toEqual(['spec.tls.mode', 'value', 'SIM']);
});

test('inside of braces and brackets', () => {
  expect(at('spec:\n  route:\n  - destination: {host: pay|')).toEqual(['spec.route.destination.host', 'value', 'pay']);
  expect(at('spec:\n  match: [{uri: {exact: /}, he|')).toEqual(['spec.match', 'key', 'he']);
  expect(at('spec:\n  hosts: [a, b|')).toEqual(['spec.hosts', 'value', 'b']);
});

test('the kind of the document that the cursor is in', () => {
  const lines = 'kind: Service\n---\napiVersion: v1\nkind: Gateway\nspec:\n---\nkind: Sidecar'.split('\n');
  expect([0, 4, 6].map((row) => kindAround(lines, row))).toEqual(['Service', 'Gateway', 'Sidecar']);
});
