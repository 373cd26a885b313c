/** Completes fields and values, and tells what a field means. */
import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete';
import { type EditorView, hoverTooltip, type Tooltip } from '@codemirror/view';
import type { FieldSchema, KindSchema } from '@weft/model';
import { kindAround, type Place, placeAt } from './cursor.ts';
import { type Field, fieldAt, fieldsAt, resolved, typeWords, valuesAt } from './fields.ts';
import { type Names, namesAt } from './names.ts';

export interface Knowledge {
  /** Undefined: no such kind, or its form is not known. */
  readonly schemaOf: (kind: string) => Promise<KindSchema | undefined>;
  readonly names: () => Names;
}

/** Of a manifest that does not yet say what it is. */
const first: readonly Completion[] = ['apiVersion', 'kind', 'metadata', 'spec'].map((label) => ({
  label,
  apply: `${label}: `,
  type: 'property',
}));

/** What follows a name: a value on its line, fields below it, or a list's first item. */
const opening = (schema: FieldSchema, kind: KindSchema, place: Place): string => {
  const { properties, items } = resolved(schema, kind);
  if (place.inline) return ': ';
  if (items) return `:\n${' '.repeat(place.column)}- `;
  return properties ? `:\n${' '.repeat(place.column + 2)}` : ': ';
};

const keyOptions = (kind: KindSchema, place: Place): readonly Completion[] =>
  fieldsAt(kind, place.path).map(({ name, schema, words }) => ({
    label: name,
    apply: `${name}${opening(schema, kind, place)}`,
    detail: typeWords(schema, kind),
    ...(words && { info: words }),
    type: 'property',
  }));

const valueOptions = (kind: KindSchema | undefined, names: Names, path: readonly string[]): readonly Completion[] => [
  ...(kind ? valuesAt(kind, path) : []).map((label) => ({ label, type: 'constant', boost: 1 })),
  ...namesAt(names, path).map((label) => ({ label, type: 'variable', detail: 'in this mesh' })),
];

export const completeFrom =
  ({ schemaOf, names }: Knowledge) =>
  async ({ state, pos, explicit }: CompletionContext): Promise<CompletionResult | null> => {
    const line = state.doc.lineAt(pos);
    const lines = state.doc.toString().split('\n');
    const place = placeAt(lines, line.number - 1, pos - line.from);
    if (place.word === '' && !explicit && place.kind === 'key' && !/\s$/.test(line.text)) return null;
    const kindName = kindAround(lines, line.number - 1);
    const kind = kindName ? await schemaOf(kindName) : undefined;
    // A list's items may be values, on lines of their own.
    const values = valueOptions(kind, names(), place.path);
    const keys = place.kind === 'value' ? [] : kind ? keyOptions(kind, place) : place.path.length === 0 ? first : [];
    const options = [...keys, ...values];
    return options.length === 0 ? null : { from: pos - place.word.length, options, validFor: /^[\w./*-]*$/ };
  };

const told = ({ schema, words }: Field, kind: KindSchema, path: readonly string[]): HTMLElement => {
  const box = document.createElement('div');
  box.className = 'cm-hover';
  for (const text of [`${path.join('.')}: ${typeWords(schema, kind)}`, words ?? ''].filter(Boolean)) {
    const line = document.createElement('p');
    line.textContent = text;
    box.append(line);
  }
  return box;
};

/** The field's words, where its name is pointed at. */
export const hoverFrom = ({ schemaOf }: Knowledge) =>
  hoverTooltip(async ({ state }: EditorView, pos): Promise<Tooltip | null> => {
    const line = state.doc.lineAt(pos);
    const lines = state.doc.toString().split('\n');
    const token = [...line.text.matchAll(/[\w.-]+(?=:(\s|$))/g)].find(
      ({ index, 0: word }) => line.from + index <= pos && pos <= line.from + index + word.length,
    );
    const name = kindAround(lines, line.number - 1);
    const kind = name && token ? await schemaOf(name) : undefined;
    if (!token || !kind) return null;
    const path = [...placeAt(lines, line.number - 1, token.index).path, token[0]];
    const field = fieldAt(kind, path);
    if (!field) return null;
    return {
      pos: line.from + token.index,
      end: line.from + token.index + token[0].length,
      create: () => ({ dom: told(field, kind, path) }),
    };
  });
