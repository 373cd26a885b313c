import { expect, test } from 'vitest';
import type { Json } from '../yaml/json.ts';
import { createExamine } from './examine.ts';
import { type Schema, startWalk } from './walk.ts';

const tree: Schema = {
  type: 'object',
  properties: { name: { type: 'string', maxLength: 2 }, children: { type: 'array', items: { $ref: 'tree' }, maxItems: 100 } },
  required: ['name'],
  additionalProperties: false,
};

const faultsOf = (schema: Schema, value: Json): readonly string[] => {
  const walk = startWalk('spec');
  createExamine(() => tree)(schema)(value, walk);
  return [...walk.faults.map(({ keyword, path, said }) => `${keyword} ${path} ${said}`.trim()), walk.typed ? 'typed' : 'not typed'];
};

test('a definition may hold itself; each fault has its path', () => {
  const value = { name: 'a', children: [{ name: 'abc' }, { children: 'b' }, { name: 'b', nmae: 'b' }] };
  expect(faultsOf(tree, value)).toEqual([
    'maxLength spec.children[0].name',
    'required spec.children[1] name',
    'type spec.children[1].children',
    'additionalProperties spec.children[2] nmae',
    'not typed',
  ]);
});

test('a field too many leaves the others their types', () => {
  expect(faultsOf(tree, { name: 'a', 'x.y': 1 })).toEqual(['additionalProperties spec x.y', 'typed']);
});

test('names of methods are no fields, and a character outside the first plane is one character', () => {
  expect(faultsOf({ ...tree, required: ['toString'] }, { name: '😀😀' })).toEqual(['required spec toString', 'not typed']);
});

test('of a million faults the first fifty are told', () => {
  const many = Array.from({ length: 100 }, () => 1);
  expect(faultsOf(tree, { name: 'a', children: many })).toHaveLength(51);
});

test('a keyword that nobody examines is an error of ours, not silence', () => {
  expect(() => faultsOf({ type: 'object', patternProperties: {} } as Schema, {})).toThrow('patternProperties');
  expect(() => faultsOf({ type: 'null' }, {})).toThrow('null');
});
