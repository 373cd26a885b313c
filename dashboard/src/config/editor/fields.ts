/** What may stand at a path of a manifest, from the schema of its kind. */
import type { FieldSchema, KindSchema } from '@weft/model';

const text: FieldSchema = { type: 'string' };
const labels: FieldSchema = { type: 'object', additionalProperties: text };

const metadata: FieldSchema = { type: 'object', properties: { name: text, namespace: text, labels, annotations: labels } };

/** Of what every object has. */
const ownWords: Readonly<Record<string, string>> = {
  apiVersion: 'Group and version of the kind.',
  kind: 'What the object is.',
  metadata: 'Name, namespace, labels and annotations.',
  'metadata.name': 'The name: one of its kind in its namespace.',
  'metadata.namespace': 'The namespace that it belongs to.',
  'metadata.labels': 'Words that others select it by.',
  'metadata.annotations': 'Words about it that nothing is selected by.',
  spec: 'What is wanted.',
};

/** The form of a whole manifest. */
const whole = ({ form, body, apiVersions, kind }: KindSchema): FieldSchema => ({
  type: 'object',
  properties: {
    apiVersion: { ...text, enum: apiVersions },
    kind: { ...text, enum: [kind] },
    metadata,
    ...(body === 'spec' ? { spec: form } : form.properties),
  },
});

export interface Field {
  readonly schema: FieldSchema;
  readonly words?: string;
}

/** Schema with a reference followed, and of a list that of its items. */
const inner = (schema: FieldSchema, { definitions }: Pick<KindSchema, 'definitions'>): FieldSchema => {
  const { $ref, items } = schema;
  if ($ref) return inner(definitions[$ref.slice('#/$defs/'.length)] ?? {}, { definitions });
  return items ? inner(items, { definitions }) : schema;
};

export const resolved = (schema: FieldSchema, { definitions }: Pick<KindSchema, 'definitions'>): FieldSchema =>
  schema.$ref ? resolved(definitions[schema.$ref.slice('#/$defs/'.length)] ?? {}, { definitions }) : schema;

const wordsAt = (kind: KindSchema, path: readonly string[]): string | undefined =>
  ownWords[path.join('.')] ?? kind.words[(kind.body === 'spec' ? path.slice(1) : path).join('.')];

/** Undefined: nothing is known of such a field. @param path names of fields, without indices */
export const fieldAt = (kind: KindSchema, path: readonly string[]): Field | undefined => {
  let schema = whole(kind);
  const named: string[] = [];
  for (const name of path) {
    const { properties, additionalProperties } = inner(schema, kind);
    const known = properties && Object.hasOwn(properties, name) ? properties[name] : undefined;
    const next = known ?? (additionalProperties || undefined);
    if (!next) return undefined;
    named.push(known ? name : '*');
    schema = next;
  }
  const words = wordsAt(kind, named);
  return { schema, ...(words && { words }) };
};

/** The fields of the mapping at a path. */
export const fieldsAt = (kind: KindSchema, path: readonly string[]): readonly (Field & { readonly name: string })[] => {
  const at = fieldAt(kind, path);
  if (!at) return [];
  return Object.keys(inner(at.schema, kind).properties ?? {}).flatMap((name) => {
    const field = fieldAt(kind, [...path, name]);
    return field ? [{ name, ...field }] : [];
  });
};

/** What is written there, in words. */
export const typeWords = (schema: FieldSchema, kind: Pick<KindSchema, 'definitions'>): string => {
  const { type, items, properties, additionalProperties, enum: values } = resolved(schema, kind);
  if (values) return `one of ${values.join(', ')}`;
  if (items) return `list of ${typeWords(items, kind)}`;
  if (properties || additionalProperties) return properties ? 'fields' : 'mapping';
  return ([type].flat().filter(Boolean).join(' or ') || 'anything').replace('string', 'text');
};

/** The values that the schema allows; empty where it lets one write what one likes. */
export const valuesAt = (kind: KindSchema, path: readonly string[]): readonly string[] => {
  const at = fieldAt(kind, path);
  if (!at) return [];
  const { enum: values, type } = inner(at.schema, kind);
  return values ? values.map(String) : type === 'boolean' ? ['true', 'false'] : [];
};
