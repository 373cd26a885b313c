/** Where nothing that is allowed matches: the rule for which least would have to be different, and what. */
import type { AuthorizationPolicy, Conditions } from '../mesh/index.ts';
import type { Facts } from './facts.ts';
import { type Judged, matching, type Way, waysOf } from './rules.ts';
import { changedIn, distance, isUnheld, subjectOf } from './subjects.ts';

export interface Nearest {
  readonly rule: Judged;
  /** All that must hold. */
  readonly conditions: Conditions;
  /** What would be let in; absent: nothing that is made of these facts by changing what the rule lacks. */
  readonly instead?: Facts;
}

/** So many ways are tried, the shortest first, and so many values of one subject with each of another. */
const mostWays = 200;
const mostValues = 64;

const isDenied = (denying: readonly AuthorizationPolicy[], facts: Facts): boolean => matching(denying, facts) !== undefined;

/** Facts that are changed in what is lacking and in nothing else, and that nobody denies. */
const madeTrue = (conditions: Conditions, lacking: Conditions, { facts, denying }: Question): Facts | undefined => {
  let all: readonly Facts[] = [facts];
  for (const subject of new Set(lacking.map(({ test }) => subjectOf(test))))
    all = all.flatMap((one) => changedIn(subject, conditions, one)).slice(0, mostValues);
  return all.find((one) => !isDenied(denying, one));
};

interface Question {
  readonly facts: Facts;
  /** Who has the word before. */
  readonly denying: readonly AuthorizationPolicy[];
}

const less = ([a1 = 0, a2 = 0]: readonly number[], [b1 = 0, b2 = 0]: readonly number[]): number => a1 - b1 || a2 - b2;

export const nearest = (admitting: readonly AuthorizationPolicy[], question: Question): Nearest | undefined => {
  const { facts } = question;
  /** What is known to be otherwise weighs more than what may be. */
  const farness = ({ rule: { lacking } }: Way): readonly number[] => [
    distance(lacking.filter(({ test }) => !isUnheld(test, facts))),
    distance(lacking),
  ];
  const ways = admitting
    .flatMap((policy) => policy.rules.flatMap((_, index) => waysOf(policy, index, facts)))
    .map((way) => ({ way, far: farness(way) }))
    .sort((a, b) => Number(a.way.rule.isVoid) - Number(b.way.rule.isVoid) || less(a.far, b.far))
    .map(({ way }) => way);
  for (const { rule, conditions } of ways.slice(0, mostWays)) {
    const instead = rule.isVoid ? undefined : madeTrue(conditions, rule.lacking, question);
    if (instead) return { rule, conditions, instead };
  }
  return ways[0];
};
