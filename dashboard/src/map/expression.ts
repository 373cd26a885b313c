/**
 * What is looked for on the map, or left out of it: conditions that must all hold. `ns=shop error>1% !mtls protocol=grpc`.
 * Some are about nodes and some about edges; an edge is meant when an end of it is, and a node when an edge of it is.
 */
import type { Graph } from './graph.ts';
import { failedShare, kindWords, type MapEdge, type MapNode, titleOf } from './scene.ts';

export const help =
  'Words of a name, and conditions that all must hold: ns=shop name=web kind=gateway version=v2 health=failing unused bare routed limited · rate>10 error>1% p95>200ms (mean, p50, p99) bytes>1k protocol=grpc mtls gone · ! before one turns it round';

export interface Expression {
  readonly node: readonly ((node: MapNode) => boolean)[];
  readonly edge: readonly ((edge: MapEdge) => boolean)[];
}

export type Read = { readonly expression: Expression } | { readonly problem: string };

const unitSizes: Readonly<Record<string, number>> = { '': 1, '%': 0.01, k: 1e3, M: 1e6, ms: 1, s: 1_000 };

type Comparison = (value: number) => boolean;

const comparison = (operator: string, text: string): Comparison | undefined => {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)(%|k|M|ms|s)?$/.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const bound = Number(digits) * (unitSizes[unit] ?? 1);
  return { '>': (value: number) => value > bound, '<': (value: number) => value < bound, '=': (value: number) => value === bound }[
    operator
  ];
};

const numbers: Readonly<Record<string, (edge: MapEdge) => number>> = {
  rate: ({ requestsPerSecond }) => requestsPerSecond,
  error: failedShare,
  mean: ({ latency }) => latency?.mean ?? 0,
  p50: ({ latency }) => latency?.p50 ?? 0,
  p95: ({ latency }) => latency?.p95 ?? 0,
  p99: ({ latency }) => latency?.p99 ?? 0,
  bytes: ({ bytesPerSecond }) => bytesPerSecond,
};

const nodeTexts: Readonly<Record<string, (node: MapNode) => readonly string[]>> = {
  ns: ({ namespace }) => [namespace],
  name: ({ name }) => [name],
  kind: ({ kind }) => [kind],
  version: ({ versions }) => versions,
  health: ({ health }) => [health],
  box: ({ box }) => [box ?? ''],
};

const edgeFlags: Readonly<Record<string, (edge: MapEdge) => boolean>> = {
  mtls: ({ mtls }) => mtls === 'mutual',
  gone: ({ lastSeen }) => lastSeen !== undefined,
};

const nodeFlags: Readonly<Record<string, (node: MapNode) => boolean>> = {
  unused: ({ isUnused }) => isUnused,
  bare: ({ marks }) => marks.includes('bare'),
  routed: ({ marks }) => marks.includes('routed'),
  limited: ({ marks }) => marks.includes('limited'),
};

type Term = { readonly node: (node: MapNode) => boolean } | { readonly edge: (edge: MapEdge) => boolean } | { readonly problem: string };

/** `shop*` begins so; without a star it is the whole. */
const sameText = (wanted: string) => {
  const lower = wanted.toLowerCase();
  return (text: string): boolean =>
    lower.endsWith('*') ? text.toLowerCase().startsWith(lower.slice(0, -1)) : text.toLowerCase() === lower;
};

/** Only what stands in it: `constructor` is a word like others. */
const entry = <T>(table: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;

const comparedTerm = (name: string, operator: string, value: string): Term => {
  const number = entry(numbers, name);
  if (number) {
    const holds = comparison(operator, value);
    return holds
      ? { edge: (edge) => holds(number(edge)) }
      : { problem: `${name}${operator} needs a number, like ${name}>${name === 'error' ? '1%' : '100'}` };
  }
  if (operator !== '=') return { problem: `${name} can only be compared by =` };
  const same = sameText(value);
  if (name === 'protocol') return { edge: ({ protocol }) => same(protocol) };
  const texts = entry(nodeTexts, name);
  if (texts) return { node: (node) => texts(node).some(same) };
  const known = [...Object.keys(nodeTexts), ...Object.keys(numbers), 'protocol'].join(', ');
  return { problem: `nothing is called ${name} here: ${known} are` };
};

const termOf = (text: string): Term => {
  const [, name, operator, value] = /^(\w+)([=<>])(.+)$/.exec(text) ?? [];
  if (name && operator && value) return comparedTerm(name, operator, value);
  if (/[=<>]/.test(text)) return { problem: `${text} is not finished: name, = or > or <, and a value` };
  const [edge, node] = [entry(edgeFlags, text), entry(nodeFlags, text)];
  if (edge) return { edge };
  if (node) return { node };
  const part = text.toLowerCase();
  return { node: (one) => titleOf(one).toLowerCase().includes(part) || kindWords[one.kind].includes(part) };
};

const turned = (term: Term): Term => {
  if ('problem' in term) return term;
  if ('node' in term) return { node: (node) => !term.node(node) };
  return { edge: (edge) => !term.edge(edge) };
};

export const readExpression = (text: string): Read => {
  const terms = text
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word) => (word.startsWith('!') ? turned(termOf(word.slice(1))) : termOf(word)));
  const wrong = terms.find((term) => 'problem' in term);
  if (wrong) return wrong;
  return {
    expression: {
      node: terms.flatMap((term) => ('node' in term ? [term.node] : [])),
      edge: terms.flatMap((term) => ('edge' in term ? [term.edge] : [])),
    },
  };
};

export interface Found {
  readonly nodes: ReadonlySet<string>;
  readonly edges: ReadonlySet<string>;
}

export const foundIn = ({ nodes, edges }: Graph, { node, edge }: Expression): Found => {
  const named = new Set(nodes.filter((one) => node.every((holds) => holds(one))).map(({ id }) => id));
  const meant = edges.filter((one) => edge.every((holds) => holds(one)) && (node.length === 0 || named.has(one.from) || named.has(one.to)));
  const ends = new Set(meant.flatMap(({ from, to }) => [from, to]));
  return {
    nodes: edge.length === 0 ? named : new Set([...named].filter((id) => ends.has(id))),
    edges: new Set(meant.map(({ id }) => id)),
  };
};

/** What names nodes alone hides them; what says something of edges hides those edges. */
export const without = (graph: Graph, expression: Expression): Graph => {
  const found = foundIn(graph, expression);
  if (expression.edge.length === 0) {
    const edges = graph.edges.filter(({ from, to }) => !found.nodes.has(from) && !found.nodes.has(to));
    return { nodes: graph.nodes.filter(({ id }) => !found.nodes.has(id)), edges };
  }
  return { nodes: graph.nodes, edges: graph.edges.filter(({ id }) => !found.edges.has(id)) };
};
