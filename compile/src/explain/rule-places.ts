/** The rules of a verdict, with their places. */
import type { DecidingRule, Passage } from '@weft/model';
import type { Places } from './places.ts';

export const withPlaces = <Step extends Passage>(passage: Step, places: Places): Step => {
  const { verdict } = passage;
  if (!verdict) return passage;
  const placed = <Rule extends DecidingRule>(rule: Rule): Rule => {
    const { namespace, policy: name, condition, rule: index } = rule;
    const path = condition || `spec.rules[${index}]`;
    const { file, line } = places.located({ kind: 'AuthorizationPolicy', namespace, name, path });
    return { ...rule, ...(file !== undefined && { file }), ...(line !== undefined && { line }) };
  };
  const { by, nearest, asks, asides } = verdict;
  const known = {
    ...(by && { by: placed(by) }),
    ...(nearest && { nearest: placed(nearest) }),
    ...(asks && { asks: asks.map(placed) }),
    ...(asides && { asides: asides.map(placed) }),
  };
  return { ...passage, verdict: { ...verdict, ...known } };
};
