/** Writing one field into a manifest without touching the rest of it. */
import { isCollection, parseDocument } from 'yaml';

export type FieldPath = readonly (string | number)[];

/** What stands at a path, as it is written now; undefined where nothing can be read. */
export const readAt = (text: string, path: FieldPath): unknown => {
  const document = parseDocument(text);
  const found: unknown = document.errors.length > 0 ? undefined : document.getIn([...path]);
  return isCollection(found) ? found.toJS(document) : found;
};

/** `undefined` takes the field away, and what becomes empty by it. Text that is no YAML stays as it is. */
export const writtenAt = (text: string, path: FieldPath, value: unknown): string => {
  const document = parseDocument(text);
  if (document.errors.length > 0) return text;
  if (value !== undefined) document.setIn([...path], document.createNode(value));
  else {
    document.deleteIn([...path]);
    for (let above = path.slice(0, -1); above.length > 1; above = above.slice(0, -1)) {
      const left: unknown = document.getIn([...above]);
      if (!isCollection(left) || left.items.length > 0) break;
      document.deleteIn([...above]);
    }
  }
  return document.toString({ lineWidth: 0 });
};
