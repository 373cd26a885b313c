/**
 * Whether a change of policies may forbid what was allowed before. A request is judged when it begins, so a stream that was allowed lives
 * on under policies that forbid it, unless its connection is ended [G22]; and of policies that only allow more nobody shall notice.
 * In doubt the answer is yes.
 */
import {
  type AuthorizationPolicy,
  type AuthorizationRule,
  type AuthorizationSlice,
  askedIn,
  type Conditions,
  type ExternalAuthorizer,
} from './authorization.ts';
import type { TokenRule } from './request-authentication.ts';
import { areCovered } from './wider.ts';

/** What holds for the requests of one workload. */
export interface PoliciesInForce {
  readonly authorization: AuthorizationSlice;
  /** Absent: tokens are not looked at. */
  readonly tokens?: readonly TokenRule[];
}

/** A port that rules name, or all that none of them names. */
export type PortOfRules = number | 'others';

type Rules = readonly AuthorizationRule[];

/** Absent: they do not hold there. */
const conditionsAt = (conditions: Conditions, port: PortOfRules): readonly Conditions[] => {
  const left: Conditions[number][] = [];
  for (const condition of conditions) {
    const { test, negated } = condition;
    if (test.kind !== 'destination-port') left.push(condition);
    else if ((port !== 'others' && test.values.includes(port)) === negated) return [];
  }
  return [left];
};

const ruleAt = ({ from, to, when }: AuthorizationRule, port: PortOfRules): Rules => {
  const at = (entries: readonly Conditions[]) => entries.flatMap((entry) => conditionsAt(entry, port));
  const [sources, operations, [always]] = [at(from), at(to), conditionsAt(when, port)];
  return sources.length > 0 && operations.length > 0 && always ? [{ from: sources, to: operations, when: always }] : [];
};

const enforced = (policies: readonly AuthorizationPolicy[]): readonly AuthorizationPolicy[] => policies.filter(({ dryRun }) => !dryRun);

const rulesAt = (policies: readonly AuthorizationPolicy[], port: PortOfRules): Rules =>
  policies.flatMap(({ rules }) => rules.flatMap((rule) => ruleAt(rule, port)));

const everything: AuthorizationRule = { from: [[]], to: [[]], when: [] };

const admitting = ({ allow }: AuthorizationSlice, port: PortOfRules): Rules => {
  const policies = enforced(allow);
  return policies.length === 0 ? [everything] : rulesAt(policies, port);
};

const refusing = ({ undecided, deny }: AuthorizationSlice, port: PortOfRules): Rules => rulesAt([...undecided, ...enforced(deny)], port);

/** What its verdicts depend on. */
const judgement = ({ timeout: _, clearRouteCache: __, statusOnError: ___, ...rest }: ExternalAuthorizer): string => JSON.stringify(rest);

/** Rules about which an authorizer that judges alike was asked. */
const askedAlike = ({ custom }: AuthorizationSlice, authorizer: ExternalAuthorizer, port: PortOfRules): Rules =>
  custom.filter((one) => judgement(one.authorizer) === judgement(authorizer)).flatMap(({ policies }) => rulesAt(policies, port));

const isRefusedMore = (before: AuthorizationSlice, after: AuthorizationSlice, port: PortOfRules): boolean => {
  const refused = refusing(before, port);
  const isAskedMore = after.custom.some(
    ({ authorizer, policies }) => !areCovered(rulesAt(policies, port), [...refused, ...askedAlike(before, authorizer, port)]),
  );
  return isAskedMore || !areCovered(refusing(after, port), refused);
};

/** All that decides. */
const askedBy = ({ custom, undecided, deny, allow }: AuthorizationSlice): Conditions =>
  [...custom.flatMap(({ policies }) => policies), ...undecided, ...enforced(deny), ...enforced(allow)].flatMap(askedIn);

const asksForTokens = (authorization: AuthorizationSlice): boolean =>
  askedBy(authorization).some(({ test }) => test.kind === 'request-principal' || test.kind === 'claim');

/** What stands in a header because tokens say it, so that no client does. */
const writtenTo = (header: string, rules: readonly TokenRule[]): string =>
  JSON.stringify(
    rules.flatMap(({ issuer, claimHeaders, payloadHeader }) => [
      ...claimHeaders.filter((one) => one.header.toLowerCase() === header).map(({ claim }) => [issuer, claim]),
      ...(payloadHeader?.toLowerCase() === header ? [[issuer]] : []),
    ]),
  );

/** Some policy asks for a header that others write now. */
const isSaidByOthers = (before: readonly TokenRule[], { tokens = [], authorization }: PoliciesInForce): boolean =>
  askedBy(authorization).some(({ test }) => {
    if (test.kind !== 'header') return false;
    const name = test.name.toLowerCase();
    return writtenTo(name, before) !== writtenTo(name, tokens);
  });

/** Where its tokens are looked for, and how they are read. */
const readingOf = ({ fromHeaders, fromParams, fromCookies, wordLists }: TokenRule): string =>
  JSON.stringify([fromHeaders, fromParams, fromCookies, wordLists]);

const believesNoLess = (after: TokenRule, before: TokenRule): boolean =>
  after.issuer === before.issuer &&
  readingOf(after) === readingOf(before) &&
  (after.audiences.length === 0 || (before.audiences.length > 0 && before.audiences.every((one) => after.audiences.includes(one))));

/** New keys end nothing: issuers change theirs all the time, and a token's own end does not end a stream either. */
const isBelievedLess = (before: readonly TokenRule[], after: PoliciesInForce): boolean => {
  const { tokens = [], authorization } = after;
  // Nobody looks any more: who bears a token is nobody to the policies.
  if (tokens.length === 0) return before.length > 0 && asksForTokens(authorization);
  const isKept = (old: TokenRule) => tokens.some((rule) => believesNoLess(rule, old));
  // What stood where nobody looked was let through; where tokens of others were looked for it was refused.
  const isLookedAt = (rule: TokenRule) => before.some((old) => readingOf(old) === readingOf(rule));
  return !before.every(isKept) || !tokens.every(isLookedAt);
};

const portOf = (text: string): PortOfRules => (text === 'others' ? text : Number(text));

const portsIn = ({ authorization: { custom, undecided, deny, allow } }: PoliciesInForce): readonly number[] =>
  [...custom.flatMap(({ policies }) => policies), ...undecided, ...deny, ...allow]
    .flatMap(askedIn)
    .flatMap(({ test }) => (test.kind === 'destination-port' ? test.values : []));

/** How often what holds became narrower, by port; every port without a number of its own has that of the `others`. */
export type Narrowed = Readonly<Record<string, number>>;

const stampAt = (narrowed: Narrowed, port: PortOfRules): number => narrowed[port] ?? narrowed.others ?? 0;

/** Counts on at the ports at which some request may be refused that was not before. @returns `known` itself where there is none */
export const narrowedBy = (before: PoliciesInForce, after: PoliciesInForce, known: Narrowed): Narrowed => {
  const ports = new Set<PortOfRules>([...Object.keys(known).map(portOf), ...portsIn(before), ...portsIn(after), 'others']);
  const { tokens = [] } = before;
  const isBelieved = !isBelievedLess(tokens, after) && !isSaidByOthers(tokens, after);
  const [old, now] = [before.authorization, after.authorization];
  const isNarrower = (port: PortOfRules): boolean =>
    !isBelieved || isRefusedMore(old, now, port) || !areCovered(admitting(old, port), admitting(now, port));
  const narrower = new Set([...ports].filter(isNarrower));
  if (narrower.size === 0) return known;
  const next = Math.max(0, ...Object.values(known)) + 1;
  return Object.fromEntries([...ports].map((port) => [port, narrower.has(port) ? next : stampAt(known, port)]));
};

/** At a port with ways in of its own. */
export const narrowedAt = (narrowed: Narrowed | undefined, port: number): number => stampAt(narrowed ?? {}, port);

/** At all ports without. */
export const narrowedElsewhere = (narrowed: Narrowed | undefined, own: readonly number[]): number =>
  Math.max(0, ...Object.entries(narrowed ?? {}).map(([port, stamp]) => (own.includes(Number(port)) ? 0 : stamp)));
