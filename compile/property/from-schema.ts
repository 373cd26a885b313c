/** Objects of any kind from its schema: a field that the schema gains is generated from then on. */
import fc from 'fast-check';
import schemas from '../../model/data/schemas.json' with { type: 'json' };
import { anyMap, duration, mapWords, number, text, type Words, words } from './words.ts';

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | false;
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
  readonly atMostOne?: readonly (readonly string[])[];
  readonly duration?: unknown;
  readonly cel?: readonly { readonly rule: string }[];
}

const definitions = schemas.$defs as Readonly<Record<string, Schema>>;
const roots = schemas.kinds as Readonly<Record<string, Schema>>;

export const hasSchema = (kind: string): boolean => Object.hasOwn(roots, kind);

const dereferenced = (schema: Schema): Schema => (schema.$ref ? (definitions[schema.$ref.slice('#/$defs/'.length)] ?? {}) : schema);

/** Fields without which an object would nearly always be refused or say nothing. */
const wanted: Readonly<Record<string, readonly string[]>> = {
  VirtualService: ['hosts', 'http'],
  DestinationRule: ['host', 'trafficPolicy'],
  Gateway: ['selector', 'servers'],
  ServiceEntry: ['hosts', 'ports', 'resolution'],
  WorkloadEntry: ['address', 'labels'],
  Sidecar: ['egress'],
  Service: ['ports', 'selector'],
  PeerAuthentication: ['mtls'],
  AuthorizationPolicy: ['rules'],
  rules: ['from'],
  when: ['key', 'values'],
  servers: ['port', 'hosts'],
  portLevelSettings: ['port'],
  tls: ['mode'],
  ports: ['number', 'name', 'port'],
  port: ['number', 'name', 'protocol'],
};

/** At most this many of the other fields of one object. */
const optional = 3;

const isDuration = ({ duration: is, cel }: Schema): boolean =>
  is !== undefined || (cel ?? []).some(({ rule }) => rule.includes('duration('));

const allowed = (names: readonly string[], groups: Schema['atMostOne'] = []): readonly string[] =>
  names.filter(
    (name, index) => !groups.some((group) => group.includes(name) && names.slice(0, index).some((other) => group.includes(other))),
  );

const objectOf = (schema: Schema, names: readonly string[]): Words => {
  const { properties = {}, required = [], additionalProperties } = schema;
  const fields = Object.keys(properties);
  if (fields.length === 0) return typeof additionalProperties === 'object' ? mapOf(additionalProperties, names) : fc.constant({});
  const firm = [...new Set([...required, ...(wanted[names.at(-1) ?? ''] ?? [])])].filter((name) => fields.includes(name));
  // What a route does, above all.
  const [action] = ['route', 'destination'].filter((name) => fields.includes(name) && !firm.includes(name));
  const rest = fields.filter((name) => !firm.includes(name));
  return fc.tuple(fc.shuffledSubarray(rest, { maxLength: Math.min(optional, rest.length) }), fc.nat(9)).chain(([others, chance]) => {
    const chosen = allowed(
      [...(action && chance < 7 ? [action] : []), ...firm, ...others.filter((name) => name !== action)],
      schema.atMostOne,
    );
    const model = Object.fromEntries(chosen.map((name) => [name, fromSchema(properties[name] ?? {}, [...names, name])]));
    return fc.record(model);
  });
};

const mapOf = (schema: Schema, names: readonly string[]): Words => {
  const { keys, values } = mapWords[names.at(-1) ?? ''] ?? anyMap;
  const scalar = dereferenced(schema).type !== 'object';
  return fc.dictionary(keys, scalar && values ? values : fromSchema(schema, names), { maxKeys: 2 });
};

const integers = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(0, 1, 2, 3, 10, 100, 1024) },
  fc.constantFrom(-1, 65536, 2147483647, 4294967295, 4294967296, Number.MAX_SAFE_INTEGER),
);

const scalarOf = (schema: Schema, names: readonly string[]): Words => {
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (isDuration(schema)) return duration;
  const fitting = words(names);
  if (fitting) return fitting;
  const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? ['string']);
  if (types.includes('boolean')) return fc.boolean();
  if (types.includes('integer')) return integers;
  return types.includes('number') ? number : text;
};

/** @param names of the kind and of the fields down to here */
export const fromSchema = (written: Schema, names: readonly string[]): Words => {
  const schema = dereferenced(written);
  if (schema.type === 'array') return fc.array(fromSchema(schema.items ?? {}, names), { minLength: 1, maxLength: 2 });
  return schema.properties || schema.type === 'object' ? objectOf(schema, names) : scalarOf(schema, names);
};

export const specOf = (kind: string): Words => fromSchema(roots[kind] ?? {}, [kind]);
