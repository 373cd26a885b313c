import { expect, test } from 'vitest';
import { lineAt, lineOf, parentPath } from './lines.ts';
import { parse } from './parse.ts';

test('a path leads to its parent', () => {
  expect(['spec.http[0].match', 'spec.http[0]', 'spec', 'labels["a.b/c"]', ''].map(parentPath)).toEqual([
    'spec.http[0]',
    'spec.http',
    '',
    'labels',
    '',
  ]);
});

test('every path comes to its end, whatever a key holds', () => {
  for (const key of ['a[b][c]', 'a"]', '["', '][', '.']) {
    let path = `spec["${key}"]`;
    for (let steps = 0; path !== '' && steps < 10; steps += 1) path = parentPath(path);
    expect(path).toBe('');
  }
});

test('the line of any field, also of one that shares its line with others', () => {
  const text =
    '\napiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  ports:\n  - {name: http, port: 80}\n  - port: 81\n    name: tcp';
  const [service] = parse({ text, file: 'a.yaml', origin: { source: 'file' } }).resources;
  const lines = ['', 'metadata.name', 'spec.ports[0].port', 'spec.ports[1].port', 'spec.ports[1].name', 'spec.absent.x'].map(
    (path) => service && lineOf(service, path),
  );
  expect(lines).toEqual([2, 4, 7, 8, 9, 5]);
  expect(lineAt({}, 'spec')).toBeUndefined();
});
