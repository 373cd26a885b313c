/** The rules of a verdict, with their places. */
import type { Amendment, DecidingRule, Passage } from '@weft/model';
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
  const amended = <Change extends Amendment>(change: Change): Change => {
    const { namespace, policy: name, path } = change;
    const { file, line } = places.located({ kind: 'AuthorizationPolicy', namespace, name, path });
    return { ...change, ...(file !== undefined && { file }), ...(line !== undefined && { line }) };
  };
  const known = {
    ...(by && { by: placed(by) }),
    ...(nearest && { nearest: placed(nearest) }),
    ...(verdict.amendments && { amendments: verdict.amendments.map(amended) }),
    ...(asks && { asks: asks.map(placed) }),
    ...(asides && { asides: asides.map(placed) }),
  };
  return { ...passage, verdict: { ...verdict, ...known } };
};
