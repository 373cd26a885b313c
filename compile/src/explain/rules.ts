/** Rules against facts: which of them match, and what the others lack. */
import type { DecidingRule } from '@weft/model';
import {
  type AuthorizationPolicy,
  type Condition,
  type Conditions,
  conditionsOf,
  isHttpOnly,
  ruleName,
  withoutHttp,
} from '../mesh/index.ts';
import type { Facts } from './facts.ts';
import { distance, isMet } from './subjects.ts';

/** A rule of a policy, and how far it matches. */
export interface Judged {
  readonly policy: AuthorizationPolicy;
  readonly index: number;
  /** Conditions that do not hold, of the alternatives that lack least; none: the rule matches. */
  readonly lacking: Conditions;
  /** The first condition of those that hold. */
  readonly first?: Condition;
  /** It asks for what connections have not, and so is never one of theirs [S106]. */
  readonly isVoid: boolean;
}

interface Alternative {
  readonly conditions: Conditions;
  /** Those that do not hold. */
  readonly lacking: Conditions;
}

const alternativesOf = (entries: readonly Conditions[], facts: Facts): readonly Alternative[] =>
  entries.map((conditions) => ({ conditions, lacking: conditions.filter((condition) => !isMet(condition, facts)) }));

/** The alternative that lacks least, the first of several. */
const best = (entries: readonly Conditions[], facts: Facts): Alternative =>
  alternativesOf(entries, facts).reduce((least, other) => (distance(other.lacking) < distance(least.lacking) ? other : least));

const judgeRule = (policy: AuthorizationPolicy, index: number, facts: Facts): Judged => {
  const written = policy.rules[index] ?? { from: [[]], to: [[]], when: [] };
  const foreign = facts.request ? [] : conditionsOf(written).filter(isHttpOnly);
  const isVoid = policy.action === 'ALLOW' && foreign.length > 0;
  const { from, to, when } = facts.request ? written : withoutHttp(written);
  const parts = [best(from, facts), best(to, facts), best([when], facts)];
  const [first] = parts.flatMap(({ conditions }) => conditions);
  const lacking = [...(isVoid ? foreign.slice(0, 1) : []), ...parts.flatMap((part) => part.lacking)];
  return { policy, index, lacking, isVoid, ...(first && { first }) };
};

/** All rules of the policies, in the order of their names: Envoy tells of the first that matches. */
export const judge = (policies: readonly AuthorizationPolicy[], facts: Facts): readonly Judged[] =>
  policies
    .flatMap((policy) => policy.rules.map((_, index) => judgeRule(policy, index, facts)))
    .sort((a, b) => (ruleName(a.policy, a.index) < ruleName(b.policy, b.index) ? -1 : 1));

export const matching = (policies: readonly AuthorizationPolicy[], facts: Facts): Judged | undefined =>
  judge(policies, facts).find(({ lacking }) => lacking.length === 0);

/** One of the ways in which a rule may match. */
export interface Way {
  readonly rule: Judged;
  /** All that must hold. */
  readonly conditions: Conditions;
}

/** Of the entries of `from` and `to` so many, those that lack least. */
const mostEntries = 12;

const nearestOf = (entries: readonly Conditions[], facts: Facts): readonly Alternative[] =>
  [...alternativesOf(entries, facts)].sort((a, b) => distance(a.lacking) - distance(b.lacking)).slice(0, mostEntries);

export const waysOf = (policy: AuthorizationPolicy, index: number, facts: Facts): readonly Way[] => {
  const whole = judgeRule(policy, index, facts);
  const { from, to, when } = policy.rules[index] ?? { from: [], to: [], when: [] };
  if (whole.isVoid) return [{ rule: whole, conditions: [] }];
  const wanting = when.filter((condition) => !isMet(condition, facts));
  return nearestOf(from, facts).flatMap((source) =>
    nearestOf(to, facts).map((operation) => ({
      rule: { ...whole, lacking: [...source.lacking, ...operation.lacking, ...wanting] },
      conditions: [...source.conditions, ...operation.conditions, ...when],
    })),
  );
};

/** @param condition what is told of the rule; absent: what decided */
export const told = ({ policy, index, first }: Judged, condition = first): DecidingRule => ({
  policy: policy.name,
  namespace: policy.namespace,
  rule: index,
  condition: condition?.path ?? '',
});
