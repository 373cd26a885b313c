/** Rules against facts: which of them match, and what the others lack. */
import type { DecidingRule } from '@weft/model';
import { type AuthorizationPolicy, type AuthorizationRule, type Condition, type Conditions, isHttpOnly, ruleName } from '../mesh/index.ts';
import { type Facts, holds } from './facts.ts';

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

const isMet = ({ test, negated }: Condition, facts: Facts): boolean => holds(test, facts) !== negated;

/** How hard it is to change what a test looks at: what is asked for, then what comes along, then who asks and from where. */
const effort = ({ test }: Condition): number => {
  switch (test.kind) {
    case 'method':
    case 'path':
    case 'host':
    case 'header':
      return 1;
    case 'destination-port':
    case 'server-name':
    case 'claim':
    case 'request-principal':
      return 2;
    default:
      return 3;
  }
};

const distance = (lacking: Conditions): number => lacking.reduce((sum, condition) => sum + effort(condition), 0);

/** The alternative that lacks least, the first of several. */
const best = (alternatives: readonly Conditions[], facts: Facts): { readonly conditions: Conditions; readonly lacking: Conditions } =>
  alternatives
    .map((conditions) => ({ conditions, lacking: conditions.filter((condition) => !isMet(condition, facts)) }))
    .reduce((least, other) => (distance(other.lacking) < distance(least.lacking) ? other : least));

const allOf = ({ from, to, when }: AuthorizationRule): Conditions => [...from.flat(), ...to.flat(), ...when];

/** Of connections a rule keeps what they have [S106]. */
const forBytes = ({ from, to, when }: AuthorizationRule): AuthorizationRule => {
  const known = (conditions: Conditions) => conditions.filter((condition) => !isHttpOnly(condition));
  return { from: from.map(known), to: to.map(known), when: known(when) };
};

const judgeRule = (policy: AuthorizationPolicy, index: number, facts: Facts): Judged => {
  const written = policy.rules[index] ?? { from: [[]], to: [[]], when: [] };
  const foreign = facts.request ? [] : allOf(written).filter(isHttpOnly);
  const isVoid = policy.action === 'ALLOW' && foreign.length > 0;
  const { from, to, when } = facts.request ? written : forBytes(written);
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

/** The rule that lacks least; one that can match rather than one that cannot. */
export const nearest = (policies: readonly AuthorizationPolicy[], facts: Facts): Judged | undefined => {
  const away = ({ isVoid, lacking }: Judged): number => (isVoid ? Number.POSITIVE_INFINITY : distance(lacking));
  return judge(policies, facts).reduce<Judged | undefined>(
    (least, other) => (least && away(least) <= away(other) ? least : other),
    undefined,
  );
};

/** @param condition what is told of the rule; absent: what decided */
export const told = ({ policy, index, first }: Judged, condition = first): DecidingRule => ({
  policy: policy.name,
  namespace: policy.namespace,
  rule: index,
  condition: condition?.path ?? '',
});
