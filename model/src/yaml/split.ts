/** Splits a stream into documents before anything is parsed, so that one broken document cannot hide the others. */

export interface Chunk {
  readonly text: string;
  /** One-based line of the stream on which `text` begins. */
  readonly line: number;
}

/**
 * YAML 1.2.2 section 9.1.2: `---` and `...` at the start of a line end a document wherever they stand, even inside
 * quoted and block scalars (`c-forbidden`), so that splitting by lines is exact.
 */
const marker = /^(?:---|\.\.\.)(?=[ \t\r\n]|$)/gm;

/** Comments, blank lines and directives only. */
const isEmpty = (text: string): boolean => {
  for (let from = 0; from <= text.length; ) {
    const newline = text.indexOf('\n', from);
    const line = text.slice(from, newline < 0 ? text.length : newline).trim();
    if (line !== '' && !line.startsWith('#') && !line.startsWith('%')) return false;
    if (newline < 0) return true;
    from = newline + 1;
  }
  return true;
};

export const splitDocuments = (text: string): readonly Chunk[] => {
  const chunks: Chunk[] = [];
  let from = 0;
  let line = 1;
  const take = (to: number): void => {
    const part = text.slice(from, to);
    if (!isEmpty(part)) chunks.push({ text: part, line });
    for (let at = part.indexOf('\n'); at >= 0; at = part.indexOf('\n', at + 1)) line += 1;
  };
  for (const match of text.matchAll(marker)) {
    take(match.index);
    from = match.index + 3;
  }
  take(text.length);
  return chunks;
};
