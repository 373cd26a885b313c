import { kinds, parse } from '@weft/model';
import { expect, test } from 'vitest';
import { templateOf } from './templates.ts';

const writable = kinds.filter(({ state, kind }) => state === 'supported' && kind !== 'Secret').map(({ kind }) => kind);

test.each(writable)('a new %s is right as it stands', (kind) => {
  const { resources, findings } = parse({ text: templateOf(kind, 'shop'), file: 'new', origin: { source: 'api', directory: '/' } });
  expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(resources.map((resource) => resource.kind)).toEqual([kind]);
});

test('there is none of a kind that there is not', () => {
  expect(templateOf('Nothing', 'shop')).toBe('');
});
