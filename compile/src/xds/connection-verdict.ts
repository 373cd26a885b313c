/**
 * What becomes of a connection under policies, as its filter state says it: whether it may pass, and which rules say no. It starts
 * without a verdict, and what fails gives none.
 */
import { type Init, typed } from '@weft/envoy';
import type { SubstitutionFormatStringSchema } from '@weft/envoy/gen/envoy/config/core/v3/substitution_format_string_pb.js';
import type { PrincipalSchema } from '@weft/envoy/gen/envoy/config/rbac/v3/rbac_pb.js';
import type { FilterStateValueSchema } from '@weft/envoy/gen/envoy/extensions/filters/common/set_filter_state/v3/value_pb.js';
import { CelSchema } from '@weft/envoy/gen/envoy/extensions/formatter/cel/v3/cel_pb.js';
import type { ConnectionRefusal, Formula } from '../mesh/index.ts';
import { expression, isTooLong, literal } from './cel.ts';

export type StateValue = Init<typeof FilterStateValueSchema>;

/** `split` is one of CEL's string functions. */
const celFormatter = typed('envoy.formatter.cel', CelSchema, { celConfig: { enableStringFunctions: true } });

/** What is empty, or could not be made, is not set. */
export const state = (key: string, text: string, factoryKey = 'envoy.string'): StateValue => {
  const format: Init<typeof SubstitutionFormatStringSchema> = {
    format: { case: 'textFormatSource', value: { specifier: { case: 'inlineString', value: text } } },
    omitEmptyValues: true,
    ...(text.includes('%CEL(') && { formatters: [{ name: celFormatter.name, typedConfig: celFormatter.configType.value }] }),
  };
  return { key: { case: 'objectKey', value: key }, factoryKey, value: { case: 'formatString', value: format }, skipIfEmpty: true };
};

/** @param value an expression too */
export const when = (condition: string, value: string): string => `%CEL(${condition} ? ${value} : "")%`;

export const marked = 'yes';

/** Marks the connections of which the formula holds. */
export const mark = (key: string, formula: Formula): StateValue => state(key, when(expression(formula), literal(marked)));

/** What RBAC rules ask of a marked connection. */
export const hasMark = (key: string): Init<typeof PrincipalSchema> => {
  const exact = { matchPattern: { case: 'exact' as const, value: marked } };
  return { identifier: { case: 'filterState', value: { key, matcher: { case: 'stringMatch', value: exact } } } };
};

/** Of connections that policies look at: whether they may pass. */
export const mayPassKey = 'weft.connection.may_pass';
/** Fails where nothing is known. */
export const mayPassNow = `filter_state[${literal(mayPassKey)}] == b${literal(marked)}`;
/** The rules that refuse it. */
export const refusedByKey = 'weft.connection.refused_by';

/** As Envoy's RBAC names the default deny: no rule allows it. */
export const nobodyAllows = 'none';
/** Names cost an expression each, for every connection. */
const mostNamed = 100;
const mostAlike = 3;

/** Rules that refuse the same connections, as far as this place can tell. */
const alike = (refusals: readonly ConnectionRefusal[]): readonly (readonly [Formula, string])[] =>
  [...Map.groupBy(refusals, ({ refuses }) => JSON.stringify(refuses)).values()].map((group) => {
    const names = [...new Set(group.map(({ rule }) => rule))].sort();
    const others = names.length > mostAlike ? ['another'] : [];
    return [group[0]?.refuses as Formula, [...names.slice(0, mostAlike), ...others].join(' or ')];
  });

/** Unless it may pass; each reason has a blank before it. */
export const refused = (reason: string): readonly StateValue[] => [state(refusedByKey, ` ${reason}`)];

export interface Verdicts {
  /** When nothing is known of the connection but its addresses. */
  readonly first: readonly StateValue[];
  /** When its handshake is over; without TLS both at once, in this order. */
  readonly shown: readonly StateValue[];
}

const namesOf = (refusals: readonly ConnectionRefusal[]): Verdicts => {
  const named = alike(refusals);
  if (named.length > mostNamed) return { first: refused(`one of ${refusals.length} rules`), shown: [] };
  const certain = named.flatMap(([formula, name]) => (formula.kind === 'known' ? [name] : []));
  const open = named.filter(([formula]) => formula.kind !== 'known' && !isTooLong(formula));
  const asked = open.map(([formula, name]) => when(expression(formula), literal(` ${name}`)));
  return {
    first: refused(certain.length > 0 ? certain.join(' ') : nobodyAllows),
    shown: asked.length > 0 ? [state(refusedByKey, [...asked, ...certain.map((name) => ` ${name}`)].join(''))] : [],
  };
};

export const verdicts = (mayPass: Formula, refusals: readonly ConnectionRefusal[]): Verdicts => {
  const { first, shown } = namesOf(refusals);
  return { first, shown: [...shown, ...(mayPass.kind === 'known' && !mayPass.holds ? [] : [mark(mayPassKey, mayPass)])] };
};
