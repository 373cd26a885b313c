/**
 * The smallest change to a policy that would let in what it refused: one value more in a field, or one caller less that a rule is for.
 * Only what was tried is told: with the change the same policies allow the same request, and beyond it only what the value says.
 */
import { type Amendment, parseSpiffeId } from '@weft/model';
import { type AuthorizationPolicy, type AuthorizationRule, type Condition, type Test, withConditions } from '../mesh/index.ts';
import type { Facts } from './facts.ts';
import type { Nearest } from './nearest.ts';
import { type Judged, matching } from './rules.ts';
import { isUnheld } from './subjects.ts';

/** A test with one value more, and how that is written. */
interface Wider {
  readonly test: Test;
  readonly value: string;
}

const exact = (value: string) => ({ kind: 'exact', value }) as const;

const withText = (
  test: Extract<Test, { readonly kind: 'principal' | 'server-name' | 'host' | 'method' }>,
  value: string | undefined,
): Wider | undefined => (value ? { test: { ...test, values: [...test.values, exact(value)] }, value } : undefined);

const withAddress = (
  test: Extract<Test, { readonly kind: 'source-ip' | 'remote-ip' | 'destination-ip' }>,
  address: string | undefined,
): Wider | undefined =>
  address === undefined
    ? undefined
    : { test: { ...test, values: [...test.values, { address, bits: address.includes(':') ? 128 : 32 }] }, value: address };

const principalOf = (identity: string | undefined): string | undefined =>
  identity && parseSpiffeId(identity) ? identity.replace(/^spiffe:\/\//, '') : undefined;

const widerByCaller = (test: Test, identity: string): Wider | undefined => {
  const { trustDomain, namespace, serviceAccount } = parseSpiffeId(identity) ?? {};
  if (trustDomain === undefined || namespace === undefined || serviceAccount === undefined) return undefined;
  switch (test.kind) {
    case 'principal':
      return withText(test, principalOf(identity));
    case 'namespace':
      return { test: { ...test, values: [...test.values, { kind: 'glob', pieces: [namespace] }] }, value: namespace };
    case 'service-account':
      return {
        test: { ...test, values: [...test.values, { namespace, name: serviceAccount }] },
        value: `${namespace}/${serviceAccount}`,
      };
    case 'trust-domain':
      return { test: { ...test, values: [...test.values, { kind: 'glob', pieces: [trustDomain] }] }, value: trustDomain };
    default:
      return undefined;
  }
};

/** Of tokens and headers nothing is proposed: who may choose them is not told by who had none. */
const wider = (test: Test, { identity = '', source, client, destination, port, serverName, request }: Facts): Wider | undefined => {
  switch (test.kind) {
    case 'source-ip':
      return withAddress(test, source);
    case 'remote-ip':
      return withAddress(test, client);
    case 'destination-ip':
      return withAddress(test, destination);
    case 'destination-port':
      return { test: { ...test, values: [...test.values, port] }, value: `${port}` };
    case 'server-name':
      return withText(test, serverName);
    case 'host':
      return withText(test, request?.authority);
    case 'method':
      return withText(test, request?.method);
    case 'path':
      return request && { test: { ...test, values: [...test.values, exact(request.pathname)] }, value: request.pathname };
    default:
      return widerByCaller(test, identity);
  }
};

export interface Field {
  readonly facts: Facts;
  /** Enforced, in force. */
  readonly denying: readonly AuthorizationPolicy[];
  readonly admitting: readonly AuthorizationPolicy[];
}

const replaced = (
  policies: readonly AuthorizationPolicy[],
  { policy, index }: Judged,
  rule: AuthorizationRule,
): readonly AuthorizationPolicy[] =>
  policies.map((one) => (one === policy ? { ...one, rules: one.rules.map((old, at) => (at === index ? rule : old)) } : one));

/** Nothing that is not known is taken for granted. */
const isLetIn = ({ facts, denying, admitting }: Field): boolean => {
  const as = (how: 'met' | 'unmet'): Facts => (facts.unheld ? { ...facts, unheld: { ...facts.unheld, as: how } } : facts);
  if (matching(denying, as('met'))) return false;
  return admitting.length === 0 || matching(admitting, as('unmet')) !== undefined;
};

const ruleOf = ({ policy, index }: Judged): AuthorizationRule => policy.rules[index] ?? { from: [[]], to: [[]], when: [] };

/** Where no ALLOW rule matches: what the nearest one would have to name too. Empty: one value more in its fields is not enough. */
export const admission = ({ rule }: Nearest, field: Field): readonly Amendment[] => {
  const { facts, admitting } = field;
  const changes = rule.lacking.map((condition) => {
    const more = condition.negated || isUnheld(condition.test, facts) ? undefined : wider(condition.test, facts);
    return more && { condition, more };
  });
  const known = changes.filter((change) => change !== undefined);
  if (rule.isVoid || known.length === 0 || known.length < changes.length) return [];
  const made = new Map<Condition, Condition>(known.map(({ condition, more }) => [condition, { ...condition, test: more.test }]));
  const amended = withConditions(ruleOf(rule), (conditions) => conditions.map((condition) => made.get(condition) ?? condition));
  if (!isLetIn({ ...field, admitting: replaced(admitting, rule, amended) })) return [];
  const { namespace, name: policy } = rule.policy;
  return known.map(({ condition: { path }, more: { value } }) => ({ policy, namespace, path, add: value }));
};

const exceptPath = /\.source\.notPrincipals$/;

/** A DENY rule that does not hold for this caller any more. Empty: nobody proved who it is, or something else refuses it then. */
export const exemption = (rule: Judged, field: Field): readonly Amendment[] => {
  const value = principalOf(field.facts.identity);
  const old = ruleOf(rule);
  if (value === undefined) return [];
  const paths = old.from.map((entry, at) => entry.find(({ path }) => exceptPath.test(path))?.path ?? whereOf(rule, at));
  const from = old.from.map((entry, at) => [
    ...entry,
    { path: paths[at] ?? '', negated: true, test: { kind: 'principal', values: [exact(value)] } } satisfies Condition,
  ]);
  const amended = { ...old, from };
  if (!isLetIn({ ...field, denying: replaced(field.denying, rule, amended) })) return [];
  const { namespace, name: policy } = rule.policy;
  return paths.map((path) => ({ policy, namespace, path, add: value }));
};

const whereOf = ({ index }: Judged, entry: number): string => `spec.rules[${index}].from[${entry}].source.notPrincipals`;
