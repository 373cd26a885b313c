/** What policies say of connections that are not HTTP, reduced by what a filter chain knows of those that it takes [S106]. */
import type { AddressTest } from './address-classes.ts';
import {
  type AuthorizationPolicy,
  type AuthorizationRule,
  type AuthorizationSlice,
  type Condition,
  type Conditions,
  conditionsOf,
  isHttpOnly,
  ruleName,
  undecidable,
  withConditions,
} from './authorization.ts';
import { all, always, any, type Formula, never, not } from './formula.ts';

export interface KnownOfConnection {
  /** The peer shows a certificate, which is verified; without one it has no identity [S108]. */
  readonly identified: boolean;
  /** It may have asked for a server name in TLS. */
  readonly named: boolean;
  /** Absent: any. */
  readonly port?: number;
  /** The tests of addresses that hold. */
  readonly holds: ReadonlySet<AddressTest>;
}

const conditionOf = ({ test, negated }: Condition, { identified, named, port, holds }: KnownOfConnection): Formula => {
  const answer = (): Formula => {
    switch (test.kind) {
      case 'principal':
      case 'namespace':
      case 'service-account':
      case 'trust-domain':
        return identified ? { kind: 'question', question: test } : never;
      case 'source-ip':
      case 'remote-ip':
      case 'destination-ip':
        return holds.has(test) ? always : never;
      case 'destination-port':
        if (port === undefined) return { kind: 'question', question: test };
        return test.values.includes(port) ? always : never;
      case 'server-name':
        if (!named) return never;
        return { kind: 'question', question: test };
      // No filter of a connection leaves metadata.
      default:
        return never;
    }
  };
  return negated ? not(answer()) : answer();
};

/** What a rule asks of connections. */
export const withoutHttp = (rule: AuthorizationRule): AuthorizationRule =>
  withConditions(rule, (conditions) => conditions.filter((condition) => !isHttpOnly(condition)));

/** What is left of a rule where there is no HTTP; `undefined`: nothing, so that it never holds [S106]. */
export const connectionRule = (rule: AuthorizationRule, { action }: AuthorizationPolicy): AuthorizationRule | undefined => {
  if (!conditionsOf(rule).some(isHttpOnly)) return rule;
  return action === 'ALLOW' ? undefined : withoutHttp(rule);
};

const ruleOf = (rule: AuthorizationRule, policy: AuthorizationPolicy, known: KnownOfConnection): Formula => {
  const left = connectionRule(rule, policy);
  if (!left) return never;
  const entry = (conditions: Conditions) => all(conditions.map((condition) => conditionOf(condition, known)));
  return all([any(left.from.map(entry)), any(left.to.map(entry)), entry(left.when)]);
};

/** Some rule of theirs holds. */
export const connectionMatches = (policies: readonly AuthorizationPolicy[], known: KnownOfConnection): Formula =>
  any(policies.flatMap((policy) => policy.rules.map((rule) => ruleOf(rule, policy, known))));

const enforced = (policies: readonly AuthorizationPolicy[]): readonly AuthorizationPolicy[] => policies.filter(({ dryRun }) => !dryRun);

/** A rule that refuses connections, and those that it refuses. */
export interface ConnectionRefusal {
  readonly rule: string;
  readonly refuses: Formula;
}

const refusalsOf = (policies: readonly AuthorizationPolicy[], known: KnownOfConnection, after = ''): readonly ConnectionRefusal[] =>
  policies.flatMap((policy) =>
    policy.rules.map((rule, index) => ({ rule: `${ruleName(policy, index)}${after}`, refuses: ruleOf(rule, policy, known) })),
  );

/** What must hold for a connection to reach the application, and the rules that may say no [S102, S103]. */
export interface ConnectionVerdict {
  readonly mayPass: Formula;
  /** Without those that refuse nobody. */
  readonly refusals: readonly ConnectionRefusal[];
}

export const connectionVerdict = ({ undecided, deny, allow }: AuthorizationSlice, known: KnownOfConnection): ConnectionVerdict => {
  const admitting = enforced(allow);
  const refusals = [...refusalsOf(undecided, known, undecidable), ...refusalsOf(enforced(deny), known)];
  const mayPass = all([
    not(any(refusals.map(({ refuses }) => refuses))),
    admitting.length === 0 ? always : connectionMatches(admitting, known),
  ]);
  return { mayPass, refusals: refusals.filter(({ refuses }) => refuses.kind !== 'known' || refuses.holds) };
};

/** The tests of addresses on which the verdict may depend. */
export const addressTests = ({ custom, undecided, deny, allow }: AuthorizationSlice): readonly AddressTest[] =>
  [...custom.flatMap(({ policies }) => policies), ...undecided, ...enforced(deny), ...enforced(allow)]
    .flatMap(({ rules }) => rules)
    .flatMap(conditionsOf)
    .flatMap(({ test }) => (test.kind === 'source-ip' || test.kind === 'remote-ip' || test.kind === 'destination-ip' ? [test] : []));
