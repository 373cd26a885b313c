/** The form of a kind: fields, types and ranges as its CRD (or Kubernetes' API) defines them; `model/data/schemas.json`. */
import schemas from '../../data/schemas.json' with { type: 'json' };
import type { Kind } from '../kinds.ts';
import { type Problem, wrong } from '../problem.ts';
import { childPath, type Json } from '../yaml/json.ts';
import { createExamine } from './examine.ts';
import { type Fault, type Schema, startWalk } from './walk.ts';

const definitions = schemas.$defs as Readonly<Record<string, Schema>>;
const roots = schemas.kinds as Readonly<Record<string, Schema>>;

const defined = (ref: string): Schema => definitions[ref.slice('#/$defs/'.length)] ?? {};

const dereferenced = (schema: Schema): Schema => (schema.$ref ? defined(schema.$ref) : schema);

const examineOf = createExamine(defined);

/**
 * A field that is `null` counts as absent, as the API server prunes it; a null in a list or a free mapping
 * (a header match, a label) stays and is refused as a wrong type, since leaving it out would change the meaning.
 */
const dropNulls = (value: Json, schema: Schema): Json => {
  const { properties, items, additionalProperties } = dereferenced(schema);
  if (Array.isArray(value)) return items ? value.map((item: Json) => dropNulls(item, items)) : value;
  if (typeof value !== 'object' || value === null) return value;
  const kept: Record<string, Json> = {};
  for (const [key, field] of Object.entries(value)) {
    const known = properties && Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (known && field === null) continue;
    const inner = known ?? (typeof additionalProperties === 'object' ? additionalProperties : undefined);
    kept[key] = inner ? dropNulls(field, inner) : field;
  }
  return kept;
};

const hasNull = (value: Json): boolean => {
  if (typeof value !== 'object') return false;
  if (value === null) return true;
  for (const field of Array.isArray(value) ? value : Object.values(value)) if (hasNull(field as Json)) return true;
  return false;
};

/** What stands in a Secret is in no finding. */
const hidden = Symbol('hidden');

const shown = (value: unknown): string => {
  if (value === hidden) return 'this';
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
};

const durationHelp = 'Write a number with a unit: 250ms, 1.5s, 5m, 1h.';

const article = (type: string): string => (/^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`);

const typeMessage = (wanted: string | readonly string[], data: unknown): readonly [string, string] => {
  const types = typeof wanted === 'string' ? [wanted] : wanted;
  const message = `must be ${types.map(article).join(' or ')}, not ${shown(data)}`;
  if (types.includes('string') && typeof data === 'boolean') {
    return [message, 'Put it in quotes: Kubernetes reads YAML 1.1, in which yes, no, on and off are booleans too.'];
  }
  if (types.includes('string') && typeof data === 'number') return [message, 'Put it in quotes.'];
  if (data === null) return [message, 'Write a value, or remove the entry.'];
  return [message, `Write ${article(types[0] ?? 'value')}.`];
};

/** What a fault means to the person who wrote the field. */
const explain = ({ keyword, schema, said }: Fault, data: unknown): readonly [message: string, help: string] => {
  switch (keyword) {
    case 'type':
      return typeMessage(schema.type ?? [], data);
    case 'enum':
      return [`${shown(data)} is not one of the allowed values`, `Write one of ${schema.enum?.join(', ')}.`];
    case 'required':
      return [`\`${said}\` is missing`, 'Add it.'];
    case 'minimum':
      return [`${shown(data)} is out of range`, `Write a number of at least ${schema.minimum}.`];
    case 'maximum':
      return [`${shown(data)} is out of range`, `Write a number of at most ${schema.maximum}.`];
    case 'duration':
      return [said, durationHelp];
    case 'cel':
      return [said, said.includes('duration') ? durationHelp : 'Correct the value.'];
    case 'atMostOne':
      return [said, 'Correct the value.'];
    default:
      return [`${shown(data)} is too long, too short or malformed (${keyword} ${String(schema[keyword])})`, 'Correct the value.'];
  }
};

const isAbove = (path: string, other: string): boolean => other === path || other.startsWith(`${path}.`) || other.startsWith(`${path}[`);

export interface Form {
  /** Without nulls where a null means nothing. */
  readonly spec: Json;
  readonly problems: readonly Problem[];
  /** Every field that is there has its type: the rules of the kind can be checked. */
  readonly typed: boolean;
}

export const checkForm = (kind: Kind, written: Json): Form => {
  const schema = roots[kind.kind];
  if (!schema) return { spec: written, problems: [], typed: false };
  const spec = hasNull(written) ? dropNulls(written, schema) : written;
  const walk = startWalk(kind.body === 'spec' ? 'spec' : '');
  examineOf(schema)(spec, walk);
  const { faults, typed } = walk;
  const code = kind.group.endsWith('istio.io') || kind.kind === 'MeshConfig' ? 'IST0106' : 'WEFT0020';
  const ill = faults.filter(({ keyword }) => keyword !== 'cel').map(({ path }) => path);
  const problems: Problem[] = [];
  for (const found of faults) {
    const { keyword, path, said, value } = found;
    if (keyword === 'additionalProperties') {
      problems.push(wrong(code, childPath(path, said), [`unknown field \`${said}\``, didYouMean(said, found.schema)]));
    } else if (keyword !== 'cel' || !ill.some((other) => isAbove(path, other))) {
      // A rule about a value that is ill-formed says nothing new.
      problems.push(wrong(code, path, explain(found, kind.kind === 'Secret' ? hidden : value)));
    }
  }
  return { spec, problems, typed };
};

/** One letter too many, too few, wrong or swapped, or another case: the likely typing mistakes. */
const near = (a: string, b: string): boolean => {
  const [x, y] = [a.toLowerCase(), b.toLowerCase()];
  if (x === y) return true;
  if (Math.abs(x.length - y.length) > 1) return false;
  let from = 0;
  while (from < x.length && x[from] === y[from]) from += 1;
  let end = 0;
  while (end < Math.min(x.length, y.length) - from && x[x.length - 1 - end] === y[y.length - 1 - end]) end += 1;
  const [left, right] = [x.slice(from, x.length - end), y.slice(from, y.length - end)];
  return Math.max(left.length, right.length) <= 1 || (left.length === 2 && left === [...right].reverse().join(''));
};

const didYouMean = (field: string, { properties = {} }: Schema): string => {
  const candidate = field.length <= 80 ? Object.keys(properties).find((name) => near(name, field)) : undefined;
  return candidate ? `Did you mean \`${candidate}\`?` : 'Remove it or correct its name.';
};
