/** The form of a kind: fields, types and ranges as its CRD (or Kubernetes' API) defines them; `model/data/schemas.json`. */
import type { ErrorObject } from 'ajv';
import schemas from '../../data/schemas.json' with { type: 'json' };
import type { Code } from '../codes.ts';
import { validators } from '../gen/validators.js';
import type { Kind } from '../kinds.ts';
import { type Problem, wrong } from '../problem.ts';
import { childPath, type Json } from '../yaml/json.ts';
import { maxFaults } from './keywords.ts';

/** Enough to correct; a hostile object could have a million. */
const maxProblems = 50;

interface Schema {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | false;
  readonly items?: Schema;
}

const definitions = schemas.$defs as Readonly<Record<string, Schema>>;
const roots = schemas.kinds as Readonly<Record<string, Schema>>;

const dereferenced = (schema: Schema): Schema => (schema.$ref ? (definitions[schema.$ref.slice('#/$defs/'.length)] ?? {}) : schema);

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

/** `/http/0/route` → `spec.http[0].route`. */
const pathOf = (pointer: string, root: string, spec: Json): string => {
  let path = root;
  let at: unknown = spec;
  for (const token of pointer.split('/').slice(1)) {
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~');
    path = Array.isArray(at) ? `${path}[${key}]` : childPath(path, key);
    at = (at as Record<string, unknown> | undefined)?.[key];
  }
  return path;
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

/** What an Ajv error means to the person who wrote the field; `limit` is what the schema says there. */
const explain = ({ keyword, params, schema: limit }: ErrorObject, data: unknown): readonly [message: string, help: string] => {
  const said = String(params['said']);
  switch (keyword) {
    case 'type':
      return typeMessage(limit as string | readonly string[], data);
    case 'enum':
      return [`${shown(data)} is not one of the allowed values`, `Write one of ${(limit as readonly string[]).join(', ')}.`];
    case 'required':
      return [`\`${String(params['missingProperty'])}\` is missing`, 'Add it.'];
    case 'minimum':
      return [`${shown(data)} is out of range`, `Write a number of at least ${String(limit)}.`];
    case 'maximum':
      return [`${shown(data)} is out of range`, `Write a number of at most ${String(limit)}.`];
    case 'duration':
      return [said, durationHelp];
    case 'cel':
      return [said, said.includes('duration') ? durationHelp : 'Correct the value.'];
    case 'atMostOne':
      return [said, 'Correct the value.'];
    default:
      return [`${shown(data)} is too long, too short or malformed (${keyword} ${String(limit)})`, 'Correct the value.'];
  }
};

const isAbove = (path: string, other: string): boolean => other === path || other.startsWith(`${path}.`) || other.startsWith(`${path}[`);

/** MeshConfig is Istio's, whatever group it stands in here. */
const codeOf = ({ group, kind }: Kind): Code => {
  if (kind === 'ServiceLevelObjective') return 'WEFT0024';
  if (['AlertRule', 'AlertRoute', 'Saturation'].includes(kind)) return 'WEFT0027';
  return group.endsWith('istio.io') || kind === 'MeshConfig' ? 'IST0106' : 'WEFT0020';
};

export interface Form {
  /** Without nulls where a null means nothing. */
  readonly spec: Json;
  readonly problems: readonly Problem[];
  /** Every field that is there has its type: the rules of the kind can be checked. */
  readonly typed: boolean;
}

export const checkForm = (kind: Kind, written: Json): Form => {
  const validate = validators[kind.kind];
  const schema = roots[kind.kind];
  if (!validate || !schema) return { spec: written, problems: [], typed: false };
  const spec = hasNull(written) ? dropNulls(written, schema) : written;
  if (validate(spec)) return { spec, problems: [], typed: true };
  const root = kind.body === 'spec' ? 'spec' : '';
  const code = codeOf(kind);
  const all = validate.errors ?? [];
  const errors = all.slice(0, maxProblems).map((error) => ({ error, path: pathOf(error.instancePath, root, spec) }));
  const ill = errors.filter(({ error }) => error.keyword !== 'cel').map(({ path }) => path);
  const problems: Problem[] = [];
  for (const { error, path } of errors) {
    if (error.keyword === 'additionalProperties') {
      const field = String(error.params['additionalProperty']);
      problems.push(wrong(code, childPath(path, field), [`unknown field \`${field}\``, didYouMean(field, error.parentSchema as Schema)]));
    } else if (error.keyword !== 'cel' || !ill.some((other) => isAbove(path, other))) {
      // A rule about a value that is ill-formed says nothing new.
      problems.push(wrong(code, path, explain(error, kind.kind === 'Secret' ? hidden : error.data)));
    }
  }
  // A field too many leaves the others their types.
  return { spec, problems, typed: all.length < maxFaults && all.every(({ keyword }) => keyword === 'additionalProperties') };
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
