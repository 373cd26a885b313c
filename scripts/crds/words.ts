/** What the fields of a kind mean, in the words of those who defined it: for people who write one. */

interface Described {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Described>>;
  readonly additionalProperties?: Described | boolean;
  readonly items?: Described;
}

/** A hint beside a line, not the manual. */
const longest = 300;

/** The first paragraph, without the list of allowed values that the schema has, too. */
const brief = (text: string): string => {
  const paragraph = (text.split(/\n\s*\n/)[0] ?? '').replace(/\s+/g, ' ').trim();
  if (paragraph.length <= longest) return paragraph;
  const end = paragraph.lastIndexOf('. ', longest);
  return end > 0 ? paragraph.slice(0, end + 1) : `${paragraph.slice(0, longest)}…`;
};

/** @returns by path without indices: `http.route.weight`; of a mapping `*` is any key */
export const wordsOf = (schema: Described, path = ''): Readonly<Record<string, string>> => {
  const { description, properties = {}, items, additionalProperties } = schema;
  const { description: _, ...item } = items ?? {};
  const below = (name: string): string => (path === '' ? name : `${path}.${name}`);
  return {
    ...(description && path !== '' && { [path]: brief(description) }),
    // A list's words are the ones above; its items repeat them.
    ...(items && wordsOf(item, path)),
    ...(typeof additionalProperties === 'object' && wordsOf(additionalProperties, below('*'))),
    ...Object.assign({}, ...Object.entries(properties).map(([name, field]) => wordsOf(field, below(name)))),
  };
};
