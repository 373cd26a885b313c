import { expect, test } from 'vitest';
import { findKind } from '../kinds.ts';
import type { Json } from '../yaml/json.ts';
import { checkForm } from './form.ts';

const formOf = (name: string, spec: Json): readonly string[] => {
  const kind = findKind(name);
  if (!kind) throw new Error(`no kind ${name}`);
  const { problems, typed } = checkForm(kind, spec);
  return [...problems.map(({ path, message }) => `${path}: ${message}`), typed ? 'typed' : 'not typed'];
};

const service = (http: Json): Json => ({ hosts: ['a'], http });

test('each fault has its path, in lists and in parts that several kinds share', () => {
  const faulty = [{ timeout: '5x' }, { route: [{ destination: { host: 1 } }, {}] }, { retries: { attempts: 1.5, 'per.try': '1s' } }];
  expect(formOf('VirtualService', service(faulty))).toMatchInlineSnapshot(`
    [
      "spec.http[0].timeout: must be a valid duration greater than 1ms",
      "spec.http[1].route[0].destination.host: must be a string, not 1",
      "spec.http[1].route[1]: \`destination\` is missing",
      "spec.http[2].retries["per.try"]: unknown field \`per.try\`",
      "spec.http[2].retries.attempts: must be an integer, not 1.5",
      "not typed",
    ]
  `);
});

test('a field too many leaves the others their types', () => {
  expect(formOf('VirtualService', { hosts: ['a'], gatewys: [] })).toEqual(['spec.gatewys: unknown field `gatewys`', 'typed']);
});

test('names of methods are no fields', () => {
  expect(formOf('Gateway', { selector: { constructor: 'a' }, toString: 'b' })).toEqual([
    'spec.toString: unknown field `toString`',
    'typed',
  ]);
});

test('a character outside the first plane is one character', () => {
  const long = (length: number): Json => ({ hosts: ['a.b'], ports: [{ number: 80, name: '😀'.repeat(length) }] });
  const tooLong = (length: number): boolean => formOf('ServiceEntry', long(length)).some((line) => line.includes('maxLength'));
  expect([tooLong(256), tooLong(257)]).toEqual([false, true]);
});

test('of many faults the first fifty are told, also where a list has a hundred thousand', () => {
  const many = (value: Json): Json => ({ hosts: ['a'], endpoints: Array.from({ length: 100_000 }, () => value), x: 1 });
  const start = performance.now();
  expect(formOf('Sidecar', Object.fromEntries(Array.from({ length: 99 }, (_, index) => [`x${index}`, 1])))).toHaveLength(51);
  expect(formOf('ServiceEntry', many({ address: 1 })).at(-1)).toBe('not typed');
  expect(formOf('ServiceEntry', many({ adress: 1 })).at(-1)).toBe('not typed');
  expect(performance.now() - start).toBeLessThan(2000);
});
