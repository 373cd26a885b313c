import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type Schemas, validatorsOf } from './validators.ts';

const root = `${import.meta.dirname}/..`;

const withKind = (schema: object): Schemas => ({ $defs: {}, kinds: { Tree: schema } });

test('the validators are those of the schemas', async () => {
  const schemas = JSON.parse(readFileSync(`${root}/model/data/schemas.json`, 'utf8')) as Schemas;
  expect((await validatorsOf(schemas)) === readFileSync(`${root}/model/src/gen/validators.js`, 'utf8')).toBe(true);
});

test('a keyword or type that nobody examines is an error of ours, not silence', async () => {
  await expect(validatorsOf(withKind({ type: 'object', 'x-kubernetes-map-type': 'atomic' }))).rejects.toThrow('x-kubernetes-map-type');
  await expect(validatorsOf(withKind({ type: 'text' }))).rejects.toThrow('type');
  await expect(validatorsOf(withKind({ type: 'string', format: 'duration' }))).rejects.toThrow('format');
});
