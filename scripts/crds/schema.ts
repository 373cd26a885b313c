/** The compact JSON Schema that `model` reads, made from CRDs (OpenAPI v3) and from protobuf messages. */
import { type Protos, resolve } from './proto.ts';

export interface Schema {
  $ref?: string;
  type?: string | readonly string[];
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | false;
  items?: Schema;
  required?: readonly string[];
  enum?: readonly unknown[];
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  /** Groups of properties of which one at most may be set. */
  atMostOne?: readonly (readonly string[])[];
  /** The CRD's own rules. */
  cel?: readonly { readonly rule: string; readonly message: string }[];
  [rest: string]: unknown;
}

interface Choice {
  readonly required?: readonly string[];
}

const choicesOf = (oneOf: readonly Choice[]): readonly string[] => oneOf.flatMap((choice) => choice.required ?? []);

const copied = [
  'type',
  'enum',
  'required',
  'minimum',
  'maximum',
  'minItems',
  'maxItems',
  'minLength',
  'maxLength',
  'minProperties',
  'maxProperties',
  'pattern',
] as const;

/** OpenAPI's `oneOf` over `required` says "one at most"; the rest is taken as it is, less the prose. */
export const fromOpenApi = (source: Record<string, unknown>): Schema => {
  const schema: Schema = {};
  for (const key of copied) if (source[key] !== undefined) schema[key] = source[key] as never;
  if (source['x-kubernetes-int-or-string']) schema.type = ['integer', 'string'];
  const { properties, items, additionalProperties } = source as Record<string, Record<string, unknown> | undefined>;
  if (properties) {
    schema.properties = Object.fromEntries(
      Object.entries(properties).map(([name, value]) => [name, fromOpenApi(value as Record<string, unknown>)]),
    );
    schema.additionalProperties = false;
  }
  if (items) schema.items = fromOpenApi(items);
  if (typeof additionalProperties === 'object') schema.additionalProperties = fromOpenApi(additionalProperties);
  const all = (source['allOf'] as { oneOf: Choice[] }[] | undefined)?.map((part) => part.oneOf) ?? [];
  const groups = [...(source['oneOf'] ? [source['oneOf'] as Choice[]] : []), ...all].map(choicesOf);
  if (groups.length > 0) schema.atMostOne = groups;
  const rules = source['x-kubernetes-validations'] as { rule: string; message?: string }[] | undefined;
  // Rules about the old object need one; there is none here.
  const cel = rules?.filter(({ rule }) => !rule.includes('oldSelf')).map(({ rule, message }) => ({ rule, message: message ?? rule }));
  if (cel?.length) schema.cel = cel;
  return schema;
};

const signed: Schema = { type: 'integer' };
const unsigned: Schema = { type: 'integer', minimum: 0 };

/** Protobuf JSON's scalars and well-known types, and Kubernetes' three special ones. */
const scalars: Readonly<Record<string, Schema>> = {
  string: { type: 'string' },
  bytes: { type: 'string' },
  bool: { type: 'boolean' },
  int32: signed,
  uint32: unsigned,
  int64: signed,
  uint64: unsigned,
  double: { type: 'number' },
  float: { type: 'number' },
  'google.protobuf.Duration': { type: 'string', duration: true },
  'google.protobuf.BoolValue': { type: 'boolean' },
  'google.protobuf.Int32Value': signed,
  'google.protobuf.UInt32Value': unsigned,
  'google.protobuf.Int64Value': signed,
  'google.protobuf.DoubleValue': { type: 'number' },
  'google.protobuf.StringValue': { type: 'string' },
  'google.protobuf.Timestamp': { type: 'string' },
  'google.protobuf.Struct': { type: 'object' },
  'k8s.io.apimachinery.pkg.util.intstr.IntOrString': { type: ['integer', 'string'] },
  'k8s.io.apimachinery.pkg.api.resource.Quantity': { type: ['number', 'string'] },
  'k8s.io.apimachinery.pkg.apis.meta.v1.Time': { type: 'string' },
  'k8s.io.apimachinery.pkg.apis.meta.v1.MicroTime': { type: 'string' },
};

export interface ProtoOptions {
  readonly protos: Protos;
  /** Fields (`Message.field`) that nothing reads: any value is taken, which keeps the schema small. */
  readonly opaque: ReadonlySet<string>;
  /** JSON name of a field. */
  readonly jsonName: (name: string) => string;
  /** Fields (`Message.field`) whose content stands in the message itself (Go's `json:",inline"`). */
  readonly inline: ReadonlySet<string>;
  /** Filled with one definition for each message. */
  readonly defs: Record<string, Schema>;
}

/** The last part of the name: unique among the messages used. */
const defName = (full: string): string => full.slice(full.lastIndexOf('.') + 1);

const valueSchema = (type: string, scope: string, options: ProtoOptions): Schema => {
  const scalar = scalars[type];
  if (scalar) return scalar;
  const full = resolve(type, scope, options.protos);
  if (full === undefined) throw new Error(`unknown type ${type} in ${scope}`);
  if (scalars[full]) return scalars[full];
  const values = options.protos.enums.get(full);
  return values ? { type: 'string', enum: values } : { $ref: `#/$defs/${fromMessage(full, options)}` };
};

/** @returns the name of the message's definition. */
export const fromMessage = (full: string, options: ProtoOptions): string => {
  const name = defName(full);
  if (options.defs[name]) return name;
  const message = options.protos.messages.get(full);
  if (!message) throw new Error(`unknown message ${full}`);
  const schema: Schema = { type: 'object', properties: {}, additionalProperties: false };
  options.defs[name] = schema;
  for (const field of message.fields) {
    const key = options.jsonName(field.name);
    if (options.inline.has(`${name}.${key}`)) {
      Object.assign(
        schema.properties!,
        options.defs[fromMessage(resolve(field.type, full, options.protos) ?? field.type, options)]?.properties,
      );
      continue;
    }
    const value = options.opaque.has(`${name}.${key}`) ? {} : valueSchema(field.type, full, options);
    const opaque = Object.keys(value).length === 0;
    if (opaque) schema.properties![key] = {};
    else if (field.map) schema.properties![key] = { type: 'object', additionalProperties: value };
    else schema.properties![key] = field.repeated ? { type: 'array', items: value } : value;
  }
  if (message.oneofs.length > 0) schema.atMostOne = message.oneofs.map((names) => names.map(options.jsonName));
  return name;
};

const children = (schema: Schema): Schema[] => [
  ...Object.values(schema.properties ?? {}),
  ...(schema.items ? [schema.items] : []),
  ...(typeof schema.additionalProperties === 'object' ? [schema.additionalProperties] : []),
];

/** Parts that stand several times become definitions: a third of the size, and compiled once. */
export const shareParts = (kinds: Record<string, Schema>, defs: Record<string, Schema>): Record<string, Schema> => {
  const count = new Map<string, number>();
  const visit = (schema: Schema): void => {
    const text = JSON.stringify(schema);
    if (schema.properties) count.set(text, (count.get(text) ?? 0) + 1);
    for (const child of children(schema)) visit(child);
  };
  for (const schema of Object.values(kinds)) visit(schema);
  const names = new Map<string, string>();
  const nameFor = (text: string, hint: string): string => {
    const known = names.get(text);
    if (known) return known;
    let name = hint;
    for (let n = 2; defs[name] || [...names.values()].includes(name); n += 1) name = `${hint}${n}`;
    names.set(text, name);
    return name;
  };
  const replace = (schema: Schema, hint: string): Schema => {
    const text = JSON.stringify(schema);
    const copy: Schema = { ...schema };
    if (schema.properties)
      copy.properties = Object.fromEntries(Object.entries(schema.properties).map(([key, value]) => [key, replace(value, key)]));
    if (schema.items) copy.items = replace(schema.items, hint);
    if (typeof schema.additionalProperties === 'object') copy.additionalProperties = replace(schema.additionalProperties, hint);
    if ((count.get(text) ?? 0) < 2) return copy;
    const name = nameFor(text, hint);
    defs[name] ??= copy;
    return { $ref: `#/$defs/${name}` };
  };
  return Object.fromEntries(Object.entries(kinds).map(([kind, schema]) => [kind, replace(schema, kind)]));
};
