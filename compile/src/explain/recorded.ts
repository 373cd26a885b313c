/**
 * What the proxy said of a request or a connection, in the words of the configuration: the proxy has seen all of it, a record holds no
 * headers and of a token only whose it is. So the proxy's word is taken, held against what is known, and what must have been follows.
 */
import type { CameIn, Verdict } from '@weft/model';
import type { AuthorizationPolicy, AuthorizationSlice } from '../mesh/index.ts';
import { admission, exemption, type Field } from './amendment.ts';
import { supposition } from './change.ts';
import type { Facts } from './facts.ts';
import { nearest } from './nearest.ts';
import { type Judged, judge, matching, told, waysOf } from './rules.ts';
import { isUnheld } from './subjects.ts';
import { asked, because, byDefault, callerOf, isEnforced } from './verdict.ts';

type Decided = NonNullable<CameIn['decided']>;

const none: ReadonlySet<string> = new Set();

const as = (facts: Facts, how: 'met' | 'unmet'): Facts => ({ ...facts, unheld: { as: how, supposed: none } });

/** What must have been, for the rule to match: alternatives of which none is certain are told beside each other. */
const supposed = ({ policy, index }: Judged, facts: Facts): string => {
  if (!facts.request) return '';
  const optimistic = as(facts, 'met');
  const ways = waysOf(policy, index, optimistic)
    .filter(({ rule: { lacking } }) => lacking.length === 0)
    .map(({ conditions }) => conditions.filter(({ test }) => isUnheld(test, optimistic)));
  if (ways.length === 0 || ways.some((conditions) => conditions.length === 0)) return '';
  const texts = ways.map((conditions) => conditions.map((condition) => supposition(condition, facts)).join(' and '));
  return [...new Set(texts)].join(', or ');
};

/** The rule that the proxy named, if it may have matched. */
const namedIn = (policies: readonly AuthorizationPolicy[], { rule }: Decided, facts: Facts): Judged | undefined =>
  judge(
    policies.filter(({ namespace, name }) => namespace === rule?.namespace && name === rule.name),
    as(facts, 'met'),
  ).find(({ index, lacking }) => index === rule?.rule && lacking.length === 0);

const byRule = (found: Judged, field: Field): Omit<Verdict, 'caller'> => {
  const { facts } = field;
  const { action, namespace, name, provider = '' } = found.policy;
  const must = supposed(found, facts);
  const amendments = action === 'CUSTOM' ? [] : exemption(found, field);
  const unasked = action === 'CUSTOM' ? `; and its provider ${provider} cannot be asked` : '';
  const why = must === '' ? because(found, facts) : `, so ${must}`;
  return {
    ...{ allowed: false, why: `${action} ${namespace}/${name} matches${why}${unasked}`, by: told(found) },
    ...(amendments.length > 0 && { amendments }),
  };
};

const byNone = (field: Field): Omit<Verdict, 'caller'> | undefined => {
  const { facts, admitting, denying } = field;
  if (admitting.length === 0 || matching(admitting, facts)) return undefined;
  const closest = nearest(admitting, { facts, denying });
  const amendments = closest ? admission(closest, field) : [];
  return { ...byDefault(admitting, denying, facts), ...(amendments.length > 0 && { amendments }) };
};

const byAuthorizer = (authorization: AuthorizationSlice, facts: Facts, { reason }: Decided): Omit<Verdict, 'caller'> | undefined => {
  const asks = asked(authorization, as(facts, 'met'));
  const names = [...new Set(asks.map(({ provider }) => provider))].join(' or ');
  const what = reason.startsWith('ext_authz_error') ? 'could not be asked, or gave no answer that counts' : 'refused it';
  return asks.length === 0 ? undefined : { allowed: false, refusedBy: 'authorizer', why: `${names} ${what}`, asks };
};

/** What was wrong with the token the proxy alone knows. */
const byToken = (reason: string): Omit<Verdict, 'caller'> => ({
  allowed: false,
  status: reason.includes('Audiences') ? 403 : 401,
  refusedBy: 'token',
  why: 'no RequestAuthentication of this workload takes the token',
});

const saidOf = (authorization: AuthorizationSlice, facts: Facts, decided: Decided): Omit<Verdict, 'caller'> | undefined => {
  const { undecided, deny, allow } = authorization;
  const field: Field = {
    facts: as(facts, 'unmet'),
    denying: [...undecided, ...deny.filter(isEnforced)],
    admitting: allow.filter(isEnforced),
  };
  if (decided.by === 'token') return byToken(decided.reason);
  if (decided.by === 'authorizer') return byAuthorizer(authorization, facts, decided);
  if (decided.by !== 'policy') return undefined;
  if (!decided.rule) return byNone(field);
  const found = namedIn(field.denying, decided, facts);
  return found && byRule(found, field);
};

/** @returns undefined where this configuration cannot have said so */
export const recorded = (authorization: AuthorizationSlice, facts: Facts, decided: Decided): Verdict | undefined => {
  const said = saidOf(authorization, facts, decided);
  return said && { ...(facts.request && { status: 403 }), ...said, caller: callerOf(facts) };
};
