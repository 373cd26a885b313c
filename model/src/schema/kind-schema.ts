/** The form of a kind for those who help to write it: an editor completes fields and values from it, and tells what they mean. */
import schemas from '../../data/schemas.json' with { type: 'json' };
import words from '../../data/words.json' with { type: 'json' };
import type { Kind } from '../kinds.ts';

/** JSON Schema, of which this is what an editor goes by. */
export interface FieldSchema {
  /** `#/$defs/<name>`: in `definitions`. */
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, FieldSchema>>;
  /** Of a free mapping; false: no other fields than `properties`. */
  readonly additionalProperties?: FieldSchema | false;
  readonly items?: FieldSchema;
  readonly enum?: readonly unknown[];
  readonly required?: readonly string[];
}

export interface KindSchema {
  readonly kind: string;
  /** The first is the one to write. */
  readonly apiVersions: readonly string[];
  readonly namespaced: boolean;
  /** `spec`: the form of what stands below `spec`; `whole`: of what stands beside `metadata`. */
  readonly body: Kind['body'];
  readonly form: FieldSchema;
  readonly definitions: Readonly<Record<string, FieldSchema>>;
  /** What fields mean, by path without indices (`http.route.weight`), where it is known. */
  readonly words: Readonly<Record<string, string>>;
}

const forms = schemas.kinds as unknown as Readonly<Record<string, FieldSchema>>;
const shared = schemas.$defs as unknown as Readonly<Record<string, FieldSchema>>;
const meanings = words.kinds as Readonly<Record<string, Readonly<Record<string, string>>>>;

const named = (schema: FieldSchema): readonly string[] =>
  [...JSON.stringify(schema).matchAll(/"\$ref":"#\/\$defs\/([^"]+)"/g)].map(([, name]) => name ?? '');

/** Only those that the form leads to. */
const definitionsOf = (form: FieldSchema): Readonly<Record<string, FieldSchema>> => {
  const found = new Map<string, FieldSchema>();
  const visit = (schema: FieldSchema): void => {
    for (const name of named(schema)) {
      const definition = shared[name];
      if (!definition || found.has(name)) continue;
      found.set(name, definition);
      visit(definition);
    }
  };
  visit(form);
  return Object.fromEntries(found);
};

/** Two kinds may have one name (`Gateway`): the form is that of the kind that takes effect. Undefined: its form is not known. */
export const schemaOf = ({ kind, group, versions, namespaced, body, state }: Kind): KindSchema | undefined => {
  const form = state === 'supported' ? forms[kind] : undefined;
  if (!form) return undefined;
  const apiVersions = versions.map((version) => (group === '' ? version : `${group}/${version}`));
  return { kind, apiVersions, namespaced, body, form, definitions: definitionsOf(form), words: meanings[kind] ?? {} };
};
