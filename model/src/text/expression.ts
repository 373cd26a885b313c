/**
 * Expressions of CEL as Envoy takes them: it refuses a whole configuration for one that it cannot read, so what it would not take is told
 * before. Which functions it has was found by asking it [E60].
 */
import { type ASTNode, Environment } from '@marcbachmann/cel-js';
import { readRegex } from './regex.ts';

/** `condition`: whether to log, where Envoy can be asked for functions of texts; `value`: of a label, where it cannot. */
export type ExpressionUse = 'condition' | 'value';

/** By name, the numbers of arguments that they take: as function, and as method beside what they are called of. */
type Arities = Readonly<Record<string, readonly number[]>>;

const conversions = ['int', 'uint', 'double', 'bool', 'bytes', 'dyn', 'type', 'timestamp', 'duration', 'has'];
const functions: Arities = { ...Object.fromEntries(conversions.map((name) => [name, [1]])), size: [1], matches: [2] };
const partsOfTime = ['FullYear', 'Month', 'Date', 'DayOfMonth', 'DayOfWeek', 'DayOfYear', 'Hours', 'Minutes', 'Seconds', 'Milliseconds'];
const methods: Arities = {
  ...Object.fromEntries(['startsWith', 'endsWith', 'contains', 'matches'].map((name) => [name, [1]])),
  ...Object.fromEntries(partsOfTime.map((name) => [`get${name}`, [0, 1]])),
  size: [0],
};
const ofTexts: Arities = {
  ...Object.fromEntries(['lowerAscii', 'upperAscii', 'trim', 'reverse'].map((name) => [name, [0]])),
  ...{ split: [1, 2], join: [0, 1], replace: [2, 3], substring: [1, 2], indexOf: [1, 2], lastIndexOf: [1, 2], charAt: [1] },
};

const available: Readonly<Record<ExpressionUse, { readonly functions: Arities; readonly methods: Arities }>> = {
  condition: { functions: { ...functions, string: [1] }, methods: { ...methods, ...ofTexts } },
  value: { functions, methods },
};

/** What an expression can speak of (Envoy, "Attributes"); other names have no value, ever. */
const attributes = new Set(
  'request response connection upstream source destination metadata filter_state upstream_filter_state xds node plugin_name'.split(' '),
);
const reserved = new Set(
  'as break const continue else for function if import in let loop package namespace return var void while true false null'.split(' '),
);

const environment = new Environment({ unlistedVariablesAreDyn: true });

const isNode = (value: unknown): value is ASTNode => typeof value === 'object' && value !== null && 'op' in value && 'args' in value;

const childrenOf = ({ args }: ASTNode): readonly ASTNode[] => [args as unknown].flat(3).filter(isNode);

interface Call {
  readonly name: string;
  readonly args: readonly ASTNode[];
  readonly known: Arities;
}

const callOf = (node: ASTNode, use: ExpressionUse): Call | undefined => {
  const args = node.args as readonly unknown[];
  if (node.op === 'call') return { name: args[0] as string, args: args[1] as readonly ASTNode[], known: available[use].functions };
  if (node.op === 'rcall') return { name: args[0] as string, args: args[2] as readonly ASTNode[], known: available[use].methods };
  return undefined;
};

const flawOfCall = ({ name, args, known }: Call): string | undefined => {
  const arities = Object.hasOwn(known, name) ? known[name] : undefined;
  if (!arities) return `Envoy has no function \`${name.slice(0, 40)}\` here`;
  if (!arities.includes(args.length)) return `\`${name}\` takes ${arities.join(' or ')} arguments`;
  const [first] = args;
  if (name === 'has' && first?.op !== '.') return '`has` asks for a field: `has(a.b)`';
  const pattern = name === 'matches' ? args.at(-1) : undefined;
  if (pattern?.op !== 'value') return undefined;
  const regex = typeof pattern.args === 'string' ? readRegex(pattern.args) : 'a pattern is a text';
  return typeof regex === 'string' ? regex : undefined;
};

const flawOfName = (node: ASTNode): string | undefined => {
  const args = node.args as unknown;
  if (node.op === '.?' || node.op === '[?]') return 'Envoy knows no optional fields';
  const name = node.op === 'id' ? String(args) : node.op === '.' ? String((args as readonly unknown[])[1]) : '';
  if (!reserved.has(name)) return undefined;
  return node.op === 'id' || ['in', 'true', 'false', 'null'].includes(name) ? `\`${name}\` is a word of the language` : undefined;
};

/** Envoy reads them by recursion, to a depth of 32. */
const maxDepth = 16;
/** Long chains of these it keeps flat. */
const flat = new Set(['&&', '||']);
const maxParentheses = 24;

const flawOf = (node: ASTNode, use: ExpressionUse, depth = 0): string | undefined => {
  if (depth > maxDepth) return 'it is nested too deeply';
  const call = callOf(node, use);
  const flaw = flawOfName(node) ?? (call && flawOfCall(call));
  if (flaw) return flaw;
  for (const child of childrenOf(node)) {
    const inner = flawOf(child, use, depth + (flat.has(node.op) ? 0 : 1));
    if (inner) return inner;
  }
  return undefined;
};

/** Parentheses leave nothing in the tree, and are recursion all the same. */
const isNestedBeyond = (text: string): boolean => {
  let depth = 0;
  return [...text].some((character) => {
    if ('([{'.includes(character)) depth += 1;
    if (')]}'.includes(character)) depth -= 1;
    return depth > maxParentheses;
  });
};

const rootsOf = (node: ASTNode): readonly string[] => (node.op === 'id' ? [String(node.args)] : childrenOf(node).flatMap(rootsOf));

/** Types are values too: `type(x) == int`. */
const isUnknown = (name: string): boolean => !attributes.has(name) && !conversions.includes(name) && name !== 'string';

const parsed = (text: string): ASTNode | string => {
  try {
    return environment.parse(text).ast as ASTNode;
  } catch (error) {
    return (error as Error).message.split('\n')[0] ?? '';
  }
};

export interface Expression {
  /** As Envoy is to be told it. */
  readonly text: string;
  /** Names that are nobody's: they have no value, ever. */
  readonly unknown: readonly string[];
}

/** Envoy writes every value as text, and knows no `string()` where labels are made. */
const withoutString = (ast: ASTNode, text: string): { readonly ast: ASTNode; readonly text: string } => {
  const [name, [inner] = []] = (ast.op === 'call' ? ast.args : []) as readonly [string?, (readonly ASTNode[])?];
  const [, argument] = /^string\s*\((.*)\)$/.exec(text) ?? [];
  return name === 'string' && inner && argument !== undefined ? { ast: inner, text: argument.trim() } : { ast, text };
};

const maxLength = 2048;

/** @returns what is wrong with it, where Envoy would not take it */
export const readExpression = (written: string, use: ExpressionUse): Expression | string => {
  if (written.length > maxLength) return `it is longer than ${maxLength} characters`;
  const line = written.replace(/\s*[\r\n]\s*/g, ' ').trim();
  const whole = parsed(line);
  if (typeof whole === 'string') return whole;
  const { ast, text } = use === 'value' ? withoutString(whole, line) : { ast: whole, text: line };
  const flaw = isNestedBeyond(line) ? 'it is nested too deeply' : flawOf(ast, use);
  if (flaw) return flaw;
  if (use === 'value' && text.includes(')%')) return 'Envoy ends an expression at `)%`: write a space between the two';
  return { text, unknown: [...new Set(rootsOf(ast).filter(isUnknown))] };
};
