/** The keywords of a schema that judge a value as a whole; what a value holds is examined by itself. */
import { parseDuration } from '../duration.ts';
import type { Json } from '../yaml/json.ts';
import { brokenRule } from './cel.ts';
import type { Keyword, Schema } from './walk.ts';

/** @returns a rule's words about what is wrong; empty where the keyword says it all */
export type Verdict = (value: Json) => string | undefined;

type Judge = (schema: Schema) => Verdict;

export type Fields = Readonly<Record<string, Json>>;

export const isFields = (value: Json): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

const types: Readonly<Record<string, (value: Json) => boolean>> = {
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  number: (value) => typeof value === 'number',
  integer: (value) => Number.isInteger(value),
  array: (value) => Array.isArray(value),
  object: isFields,
};

const typeOf = (name: string): ((value: Json) => boolean) => {
  const test = types[name];
  if (!test) throw new Error(`a schema has the type \`${name}\`, which nobody examines`);
  return test;
};

const ofType: Judge = ({ type = [] }) => {
  const tests = (typeof type === 'string' ? [type] : type).map(typeOf);
  const [only] = tests;
  if (only && tests.length === 1) return (value) => (only(value) ? undefined : '');
  return (value) => (tests.some((test) => test(value)) ? undefined : '');
};

const oneAtMost: Judge =
  ({ atMostOne = [] }) =>
  (value) => {
    if (!isFields(value)) return undefined;
    const group = atMostOne.find((names) => names.filter((name) => Object.hasOwn(value, name)).length > 1);
    return group && `only one of ${group.map((name) => `\`${name}\``).join(', ')} may be set`;
  };

const isDuration: Judge = () => (value) =>
  typeof value === 'string' && parseDuration(value) === undefined ? `\`${value.slice(0, 40)}\` is no duration` : undefined;

const sizeOf = {
  number: (value: Json): number | undefined => (typeof value === 'number' ? value : undefined),
  /** In characters, as JSON Schema counts. */
  string: (value: Json): number | undefined => (typeof value === 'string' ? [...value].length : undefined),
  array: (value: Json): number | undefined => (Array.isArray(value) ? value.length : undefined),
  object: (value: Json): number | undefined => (isFields(value) ? Object.keys(value).length : undefined),
};

type Size = (value: Json) => number | undefined;

const most =
  (keyword: 'maximum' | 'maxLength' | 'maxItems' | 'maxProperties', size: Size): Judge =>
  ({ [keyword]: limit = 0 }) =>
  (value) =>
    (size(value) ?? limit) > limit ? '' : undefined;

const least =
  (keyword: 'minimum' | 'minLength' | 'minItems' | 'minProperties', size: Size): Judge =>
  ({ [keyword]: limit = 0 }) =>
  (value) =>
    (size(value) ?? limit) < limit ? '' : undefined;

const matches: Judge = ({ pattern = '' }) => {
  const regex = new RegExp(pattern, 'u');
  return (value) => (typeof value !== 'string' || regex.test(value) ? undefined : '');
};

/** In the order in which a value's faults are told. */
export const judges: readonly (readonly [Keyword, Judge])[] = [
  ['type', ofType],
  [
    'enum',
    ({ enum: allowed = [] }) =>
      (value) =>
        allowed.some((one) => one === value) ? undefined : '',
  ],
  ['atMostOne', oneAtMost],
  ['duration', isDuration],
  [
    'cel',
    ({ cel = [] }) =>
      (value) =>
        brokenRule(cel, value),
  ],
  ['maximum', most('maximum', sizeOf.number)],
  ['minimum', least('minimum', sizeOf.number)],
  ['maxLength', most('maxLength', sizeOf.string)],
  ['minLength', least('minLength', sizeOf.string)],
  ['pattern', matches],
  ['maxItems', most('maxItems', sizeOf.array)],
  ['minItems', least('minItems', sizeOf.array)],
  ['maxProperties', most('maxProperties', sizeOf.object)],
  ['minProperties', least('minProperties', sizeOf.object)],
];
