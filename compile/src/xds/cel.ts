/**
 * Formulas as expressions of CEL. They are total: whatever a connection is, each question has an answer, so that a negation is
 * never lost in an error.
 */
import type { AccountName, Formula, Glob, Question, TextMatch } from '../mesh/index.ts';

/** Absent where the certificate has none. */
const uri = 'connection.uri_san_peer_certificate';
const scheme = 'spiffe://';

const plain = /^[\w ./:@*-]$/;

const escaped = (character: string): string =>
  plain.test(character) ? character : `\\U${(character.codePointAt(0) ?? 0).toString(16).padStart(8, '0')}`;

/** Without the characters that end a command of Envoy's format strings (`)%`), a literal, or a line. */
export const literal = (text: string): string => `"${[...text].map(escaped).join('')}"`;

const length = (text: string): number => [...text].length;

const or = (terms: readonly string[]): string => (terms.length === 1 ? (terms[0] ?? '') : `(${terms.join(' || ')})`);

/** The exact values as one list: many are compared at once. */
const either = (subject: string, exact: readonly string[], others: readonly string[]): string =>
  or([...(exact.length > 0 ? [`${subject} in [${exact.map(literal).join(', ')}]`] : []), ...others]);

const split = <Match extends TextMatch>(matches: readonly Match[]) => ({
  exact: matches.flatMap((match) => (match.kind === 'exact' ? [match.value] : [])),
  others: matches.filter((match) => match.kind !== 'exact'),
});

const functions = { prefix: 'startsWith', suffix: 'endsWith', contains: 'contains' } as const;

const inexact = (subject: string, match: TextMatch): string => {
  if (match.kind === 'present' || match.kind === 'exact') return `${subject} != ""`;
  return `${subject}.${functions[match.kind]}(${literal(match.value)})`;
};

const textIs = (subject: string, matches: readonly TextMatch[]): string => {
  const { exact, others } = split(matches);
  return either(
    subject,
    exact,
    others.map((match) => inexact(subject, match)),
  );
};

/** Policies name identities without their scheme. */
const principalIs = (matches: readonly TextMatch[]): string => {
  const { exact, others } = split(matches);
  const other = (match: TextMatch): string => {
    if (match.kind === 'prefix') return `${uri}.startsWith(${literal(scheme + match.value)})`;
    return `(${uri}.startsWith(${literal(scheme)}) && ${inexact(uri, match)})`;
  };
  return either(
    uri,
    exact.map((value) => scheme + value),
    others.map(other),
  );
};

const rest = (text: string, piece: string): string => `${text}.split(${literal(piece)}, 2)`;

/** What stands between two pieces of a glob begins where the piece was first found: the leftmost place leaves most to the others. */
const globIs = (subject: string, { pieces }: Glob): string => {
  const [first, ...others] = pieces;
  const last = others.pop();
  if (last === undefined) return `${subject} == ${literal(first)}`;
  const terms = [`size(${subject}) >= ${pieces.reduce((sum, piece) => sum + length(piece), 0)}`];
  if (first !== '') terms.push(`${subject}.startsWith(${literal(first)})`);
  let left = first === '' ? subject : `${rest(subject, first)}[1]`;
  for (const piece of others.filter((text) => text !== '')) {
    terms.push(`size(${rest(left, piece)}) == 2`);
    left = `${rest(left, piece)}[1]`;
  }
  if (last !== '') terms.push(`${left}.endsWith(${literal(last)})`);
  return `(${terms.join(' && ')})`;
};

const globsAre = (subject: string, globs: readonly Glob[]): string =>
  either(
    subject,
    globs.flatMap(({ pieces }) => (pieces.length === 1 ? [pieces[0]] : [])),
    globs.filter(({ pieces }) => pieces.length > 1).map((glob) => globIs(subject, glob)),
  );

/** `spiffe://<trust domain>/ns/<namespace>/sa/<account>` in its parts, and nothing that only looks like it. */
const part = (index: number): string => `${uri}.split("/")[${index}]`;
const isWorkload = `size(${uri}.split("/")) == 7 && ${uri}.startsWith(${literal(scheme)}) && ${part(3)} == "ns" && ${part(5)} == "sa"`;

const accountsIn = ([namespace, accounts]: readonly [string, readonly AccountName[]]): string =>
  `(${part(4)} == ${literal(namespace)} && ${part(6)} in [${accounts.map(({ name }) => literal(name)).join(', ')}])`;

/** Only connections whose certificate was verified are asked about identities, but that may name none. */
const identified = (holds: string): string => `(has(${uri}) && ${holds})`;

const questionText = (question: Question): string => {
  switch (question.kind) {
    case 'principal':
      // Whoever was verified is somebody, if under no name of this kind.
      return question.values.some(({ kind }) => kind === 'present') ? 'connection.mtls' : identified(principalIs(question.values));
    case 'namespace':
      return identified(`${isWorkload} && ${globsAre(part(4), question.values)}`);
    case 'service-account':
      return identified(`${isWorkload} && ${or([...Map.groupBy(question.values, ({ namespace }) => namespace)].map(accountsIn))}`);
    case 'trust-domain':
      return identified(`${isWorkload} && ${globsAre(part(2), question.values)}`);
    case 'server-name':
      return textIs('connection.requested_server_name', question.values);
    case 'destination-port':
      return `destination.port in [${question.values.join(', ')}]`;
  }
};

export const expression = (formula: Formula): string => {
  switch (formula.kind) {
    case 'known':
      return String(formula.holds);
    case 'not':
      return `!(${expression(formula.operand)})`;
    case 'question':
      return questionText(formula.question);
    default:
      return `(${formula.operands.map(expression).join(formula.kind === 'all' ? ' && ' : ' || ')})`;
  }
};

/** Envoy refuses a listener with an expression of more than 100,000 characters. */
export const longestExpression = 95_000;

export const isTooLong = (formula: Formula): boolean => expression(formula).length > longestExpression;
