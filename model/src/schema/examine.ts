/** A schema as functions, made once: to ask a schema for each keyword again at each value of a thousand objects would take long. */
import type { Json } from '../yaml/json.ts';
import { isFields, judges } from './verdict.ts';
import { fault, type Keyword, type Schema, type Walk } from './walk.ts';

/** Notes in the walk what is wrong with a value and with what it holds. */
export type Examine = (value: Json, walk: Walk) => void;

/** @returns the definition that a `$ref` names */
export type Resolve = (ref: string) => Schema;

const inner = new Set<string>(['$ref', 'items', 'required', 'additionalProperties', 'properties'] satisfies (Keyword | '$ref')[]);

/** A keyword that a newer CRD brings would otherwise be promised and not kept. */
const checkKeywords = (schema: Schema): void => {
  const unknown = Object.keys(schema).find((key) => !inner.has(key) && !judges.some(([keyword]) => keyword === key));
  if (unknown) throw new Error(`a schema has the keyword \`${unknown}\`, which nobody examines`);
};

const wholes = (schema: Schema): readonly Examine[] =>
  judges
    .filter(([keyword]) => schema[keyword] !== undefined)
    .map(([keyword, judge]) => {
      const verdict = judge(schema);
      return (value, walk) => {
        const said = verdict(value);
        if (said !== undefined) fault(walk, { keyword, value, schema, said });
      };
    });

const within = (walk: Walk, step: string | number, [examine, value]: readonly [Examine, Json]): void => {
  walk.trail.push(step);
  examine(value, walk);
  walk.trail.pop();
};

const examineItems =
  (item: Examine): Examine =>
  (value, walk) => {
    if (!Array.isArray(value)) return;
    for (let index = 0; index < value.length; index += 1) within(walk, index, [item, value[index] as Json]);
  };

const examineRequired =
  (schema: Schema, required: readonly string[]): Examine =>
  (value, walk) => {
    if (!isFields(value)) return;
    for (const said of required) if (!Object.hasOwn(value, said)) fault(walk, { keyword: 'required', value, schema, said });
  };

/** Fields that the schema does not name: refused, or each examined by one schema for all. */
const examineOthers =
  (schema: Schema, other: Examine | undefined): Examine =>
  (value, walk) => {
    if (!isFields(value)) return;
    const { properties = {} } = schema;
    for (const key of Object.keys(value)) {
      if (Object.hasOwn(properties, key)) continue;
      if (other) within(walk, key, [other, value[key] as Json]);
      else fault(walk, { keyword: 'additionalProperties', value, schema, said: key });
    }
  };

const examineFields =
  (fields: readonly (readonly [string, Examine])[]): Examine =>
  (value, walk) => {
    if (!isFields(value)) return;
    for (const [name, examine] of fields) if (Object.hasOwn(value, name)) within(walk, name, [examine, value[name] as Json]);
  };

export const createExamine = (resolve: Resolve): ((schema: Schema) => Examine) => {
  const made = new Map<Schema, Examine>();

  const make = (schema: Schema): Examine => {
    checkKeywords(schema);
    const { $ref, items, required, additionalProperties: others, properties } = schema;
    const parts = [...wholes(schema)];
    // A definition may hold itself: its functions are made when a value gets there.
    if ($ref) parts.push((value, walk) => examineOf(resolve($ref))(value, walk));
    if (items) parts.push(examineItems(examineOf(items)));
    if (required) parts.push(examineRequired(schema, required));
    if (others !== undefined) parts.push(examineOthers(schema, others ? examineOf(others) : undefined));
    if (properties) parts.push(examineFields(Object.entries(properties).map(([name, field]) => [name, examineOf(field)])));
    const [only] = parts;
    if (only && parts.length === 1) return only;
    return (value, walk) => {
      for (const part of parts) part(value, walk);
    };
  };

  const examineOf = (schema: Schema): Examine => {
    const known = made.get(schema);
    if (known) return known;
    const examine = make(schema);
    made.set(schema, examine);
    return examine;
  };
  return examineOf;
};
