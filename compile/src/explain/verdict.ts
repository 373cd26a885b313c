/** What policies say of a request or a connection, filter by filter, in the order in which they are asked [S101, S102]. */
import type { Aside, Delegated, Verdict } from '@weft/model';
import type { AuthorizationPolicy, AuthorizationSlice } from '../mesh/index.ts';
import type { Bearing } from './bearer.ts';
import { changeOf, reasonOf } from './change.ts';
import { connectionLimit } from './connection-limit.ts';
import type { Facts } from './facts.ts';
import { nearest } from './nearest.ts';
import { type Judged, judge, matching, told } from './rules.ts';

const isTried = ({ dryRun }: AuthorizationPolicy): boolean => dryRun;
export const isEnforced = ({ dryRun }: AuthorizationPolicy): boolean => !dryRun;

const nameOf = ({ policy: { namespace, name } }: Judged): string => `${namespace}/${name}`;

const refused = (facts: Facts) => ({ allowed: false, ...(facts.request && { status: 403 as const }) });

/** Authorizers that speak HTTP are asked about requests only. */
export const asked = ({ custom }: AuthorizationSlice, facts: Facts): readonly Delegated[] =>
  custom
    .filter(({ authorizer }) => facts.request || authorizer.kind === 'grpc')
    .flatMap(({ authorizer, policies }) => {
      const found = matching(policies, facts);
      return found ? [{ provider: authorizer.name, outcomes: ['allowed', 'refused'] as const, ...told(found) }] : [];
    });

const asidesOf = ({ audit, deny, allow }: AuthorizationSlice, facts: Facts): readonly Aside[] => {
  const matched = (kind: Aside['kind'], policies: readonly AuthorizationPolicy[]): Aside[] =>
    judge(policies, facts)
      .filter(({ lacking }) => lacking.length === 0)
      .map((one) => ({ kind, ...told(one) }));
  return [
    ...matched('audit', audit.filter(isEnforced)),
    ...matched('dry run of DENY', deny.filter(isTried)),
    ...matched('dry run of ALLOW', allow.filter(isTried)),
  ];
};

/** Nothing that is allowed matches. */
export const byDefault = (
  policies: readonly AuthorizationPolicy[],
  denying: readonly AuthorizationPolicy[],
  facts: Facts,
): Omit<Verdict, 'caller'> => {
  const found = nearest(policies, { facts, denying });
  const [first, ...others] = policies;
  const which =
    others.length === 0 ? `ALLOW ${first?.namespace}/${first?.name} has no rule that matches` : 'no rule of the ALLOW policies matches';
  if (!found) return { ...refused(facts), why: `${which}, nor any rule at all: everything is refused` };
  return {
    ...refused(facts),
    why: `${which} [default deny]`,
    nearest: told(found.rule, found.rule.lacking[0]),
    change: changeOf(found, facts),
  };
};

/** The first condition that decided. */
export const because = ({ first }: Judged, facts: Facts): string => (first ? `: ${reasonOf(first, facts)}` : ' whatever comes');

const decided = ({ undecided, deny, allow }: AuthorizationSlice, facts: Facts): Omit<Verdict, 'caller'> => {
  const denying = [...undecided, ...deny.filter(isEnforced)];
  const denied = matching(denying, facts);
  if (denied) {
    const nobody = denied.policy.action === 'CUSTOM';
    const why = nobody
      ? `CUSTOM ${nameOf(denied)} matches${because(denied, facts)}; and its provider ${denied.policy.provider ?? ''} cannot be asked`
      : `DENY ${nameOf(denied)} matches${because(denied, facts)}`;
    return { ...refused(facts), why, by: told(denied) };
  }
  const admitting = allow.filter(isEnforced);
  if (admitting.length === 0) return { allowed: true, why: 'no ALLOW policy is for this workload, so what is not denied is allowed' };
  const admitted = matching(admitting, facts);
  return admitted
    ? { allowed: true, why: `ALLOW ${nameOf(admitted)} matches${because(admitted, facts)}`, by: told(admitted) }
    : byDefault(admitting, denying, facts);
};

export const callerOf = ({ identity, source, client }: Facts): Verdict['caller'] => ({
  ...(identity !== undefined && { identity }),
  ...(source !== undefined && { address: source }),
  ...(client !== undefined && { client }),
});

/**
 * @param said as the proxy reads it, before any token was looked at
 * @param borne what its tokens make of it; absent: bytes bear none
 */
export const verdict = (authorization: AuthorizationSlice, said: Facts, borne?: Bearing): Verdict => {
  const caller = callerOf(said);
  const limit = said.request ? undefined : connectionLimit(authorization, said);
  if (limit !== undefined) return { allowed: false, why: limit, caller };
  const asks = asked(authorization, said);
  const first = { caller, ...(asks.length > 0 && { asks }) };
  if (borne?.kind === 'refused') return { allowed: false, status: borne.status, refusedBy: 'token', why: borne.why, ...first };
  const facts: Facts = borne ? { ...said, request: borne.request } : said;
  const asides = asidesOf(authorization, facts);
  return { ...decided(authorization, facts), ...first, ...(asides.length > 0 && { asides }) };
};
