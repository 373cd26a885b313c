/** Where in a text the fields stand that findings are about. */
import type { Finding } from '@weft/model';
import { type Document, isNode, isPair, LineCounter, parseAllDocuments } from 'yaml';

export interface Marked {
  readonly from: number;
  readonly to: number;
  readonly finding: Finding;
}

/** `spec.http[0].match["a.b"]` → `spec`, `http`, 0, `match`, `a.b`. */
export const partsOf = (path: string): readonly (string | number)[] =>
  [...path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.[\]]+)/g)].map(([, quoted, index, name]) => {
    if (quoted !== undefined) return JSON.parse(`"${quoted}"`) as string;
    return index === undefined ? (name ?? '') : Number(index);
  });

const isAbout = (document: Document, { resource }: Finding): boolean => {
  if (!resource) return false;
  const namespace = document.getIn(['metadata', 'namespace']);
  return (
    document.get('kind') === resource.kind &&
    document.getIn(['metadata', 'name']) === resource.name &&
    (namespace === undefined || resource.namespace === '' || namespace === resource.namespace)
  );
};

type Span = readonly [from: number, to: number];

/** The field, or the nearest one above it that is there. */
const spanIn = (document: Document, path: string): Span => {
  for (let parts = partsOf(path); parts.length > 0; parts = parts.slice(0, -1)) {
    const above = parts.length === 1 ? document.contents : document.getIn(parts.slice(0, -1), true);
    const last = parts.at(-1);
    const items = isNode(above) && 'items' in above ? (above.items as readonly unknown[]) : [];
    const pair = items.find((item) => isPair(item) && String(item.key) === String(last));
    const node = isPair(pair) ? pair.key : document.getIn(parts, true);
    if (isNode(node) && node.range) return [node.range[0], Math.max(node.range[0] + 1, node.range[1])];
  }
  const start = document.contents?.range?.[0] ?? 0;
  return [start, start];
};

/** In the order of the text. Findings of other texts are left out. */
export const marksIn = (text: string, findings: readonly Finding[]): readonly Marked[] => {
  const lineCounter = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter, keepSourceTokens: false });
  const all = Array.isArray(documents) ? (documents as readonly Document[]) : [];
  const lineStart = (line: number): number => lineCounter.lineStarts[Math.min(line, lineCounter.lineStarts.length) - 1] ?? 0;
  const spanOf = (finding: Finding): Span => {
    const document = all.find((one) => isAbout(one, finding)) ?? (all.length === 1 && finding.path !== '' ? all[0] : undefined);
    if (document && document.errors.length === 0) return spanIn(document, finding.path);
    const start = lineStart(finding.line ?? 1);
    const end = text.indexOf('\n', start);
    return [start, end < 0 ? text.length : end];
  };
  return findings
    .map((finding) => {
      const [from, to] = spanOf(finding);
      const end = text.indexOf('\n', from);
      return { finding, from: Math.min(from, text.length), to: Math.min(to, end < 0 ? text.length : end) };
    })
    .sort((a, b) => a.from - b.from);
};
