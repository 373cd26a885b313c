/** What must hold of a connection, as far as nobody can say before it comes. */
import type { Test } from './authorization.ts';

type Kind = 'principal' | 'namespace' | 'service-account' | 'trust-domain' | 'server-name' | 'destination-port';

/** What only the connection itself can answer. */
export type Question = Extract<Test, { readonly kind: Kind }>;

export type Formula =
  | { readonly kind: 'known'; readonly holds: boolean }
  | { readonly kind: 'not'; readonly operand: Formula }
  | { readonly kind: 'all' | 'any'; readonly operands: readonly Formula[] }
  | { readonly kind: 'question'; readonly question: Question };

export const always: Formula = { kind: 'known', holds: true };
export const never: Formula = { kind: 'known', holds: false };

const joined = (kind: 'all' | 'any', operands: readonly Formula[]): Formula => {
  const [neutral, decisive] = kind === 'all' ? [always, never] : [never, always];
  const is = (formula: Formula, known: Formula) => formula.kind === 'known' && known.kind === 'known' && formula.holds === known.holds;
  if (operands.some((operand) => is(operand, decisive))) return decisive;
  const open = operands.filter((operand) => !is(operand, neutral));
  const [only] = open;
  if (only === undefined) return neutral;
  return open.length === 1 ? only : { kind, operands: open };
};

export const all = (operands: readonly Formula[]): Formula => joined('all', operands);
export const any = (operands: readonly Formula[]): Formula => joined('any', operands);

export const not = (operand: Formula): Formula => {
  if (operand.kind === 'known') return operand.holds ? never : always;
  return operand.kind === 'not' ? operand.operand : { kind: 'not', operand };
};
